// Dragging calls onto a day of somebody: it fills the form below the calls and sends it, so that the server's laws
// decide as they do for the keyboard.
const form = document.querySelector('[data-move]');
const table = document.querySelector('[data-plan]');

function move(target, call) {
  const field = (name) => form.elements[name];
  const boxes = [...form.querySelectorAll('input[name=calls]')];
  const chosen = boxes.find((box) => box.value === call);
  if (!chosen) return;
  if (!chosen.checked) {
    for (const box of boxes) box.checked = box === chosen;
  }
  field('day').value = target.dataset.day;
  field('agent_id').value = target.dataset.agent;
  form.requestSubmit();
}

if (form && table && form.elements.day) {
  form.addEventListener('dragstart', (event) => {
    const row = event.target.closest('[data-call]');
    if (!row) return;
    event.dataTransfer.setData('text/plain', row.dataset.call);
    event.dataTransfer.effectAllowed = 'move';
  });
  table.addEventListener('dragover', (event) => {
    const target = event.target.closest('[data-day]');
    for (const cell of table.querySelectorAll('.onto')) cell.classList.remove('onto');
    if (!target) return;
    target.classList.add('onto');
    event.preventDefault();
  });
  table.addEventListener('drop', (event) => {
    const target = event.target.closest('[data-day]');
    if (!target) return;
    event.preventDefault();
    move(target, event.dataTransfer.getData('text/plain'));
  });
}

if (table) {
  // Where the month is wider than the page: the chosen day, else today, comes into view beside the names.
  const shown = table.querySelector('td a[aria-current]')?.closest('td') ?? table.querySelector('thead .today');
  if (shown) table.parentElement.scrollLeft = shown.offsetLeft - table.rows[0].cells[0].offsetWidth - shown.offsetWidth;
  table.addEventListener('keydown', (event) => {
    const cell = event.target.closest('td');
    if (!cell) return;
    const row = cell.parentElement;
    const next = {
      ArrowLeft: cell.previousElementSibling, ArrowRight: cell.nextElementSibling,
      ArrowUp: row.previousElementSibling?.cells[cell.cellIndex], ArrowDown: row.nextElementSibling?.cells[cell.cellIndex],
    }[event.key];
    const link = next?.querySelector('a');
    if (!link) return;
    event.preventDefault();
    link.focus();
  });
}
