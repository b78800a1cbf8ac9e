// Offers records while somebody types: a field with data-pick asks that address and fills its datalist. Without the
// script the field takes a number as it is.
let latest = 0;

async function offer(field) {
  const asked = (latest += 1);
  const url = new URL(field.dataset.pick, window.location.href);
  url.searchParams.set('q', field.value);
  const by = field.dataset.pickBy && field.form.elements[field.dataset.pickBy];
  if (by) url.searchParams.set(field.dataset.pickBy, by.value);
  let found;
  try {
    found = await (await fetch(url)).json();
  } catch {
    return;
  }
  if (asked !== latest) return;
  field.list.replaceChildren(...found.map(([value, words]) => {
    const option = document.createElement('option');
    option.value = value;
    option.label = `${value}  ${words}`;
    return option;
  }));
}

for (const field of document.querySelectorAll('[data-pick]')) {
  let wait;
  field.addEventListener('input', () => {
    clearTimeout(wait);
    wait = setTimeout(() => offer(field), 200);
  });
  field.addEventListener('focus', () => offer(field));
}
