// Boxes in which people sign with a finger or a mouse: the drawing stands in a hidden field as a PNG.
import { all, one } from './dom.js';

function pad(box) {
  const canvas = one('canvas', box);
  const field = one('input', box);
  const pen = canvas.getContext('2d');
  box.hidden = false;
  Object.assign(pen, { lineWidth: 4, lineCap: 'round', lineJoin: 'round', strokeStyle: '#000' });
  const show = () => {
    if (!field.value) return;
    const picture = new Image();
    picture.onload = () => pen.drawImage(picture, 0, 0);
    picture.src = field.value;
  };
  const tell = () => field.dispatchEvent(new Event('input', { bubbles: true }));
  const at = (event) => {
    const edge = canvas.getBoundingClientRect();
    return [((event.clientX - edge.left) * canvas.width) / edge.width, ((event.clientY - edge.top) * canvas.height) / edge.height];
  };
  let drawing = false;
  canvas.addEventListener('pointerdown', (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!drawing) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  const stop = () => {
    if (!drawing) return;
    drawing = false;
    field.value = canvas.toDataURL('image/png');
    tell();
  };
  canvas.addEventListener('pointerup', stop);
  canvas.addEventListener('pointercancel', stop);
  one('[data-sign-clear]', box).addEventListener('click', () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    field.value = '';
    tell();
  });
  box.addEventListener('kept', show); // a module that kept the field says that it is filled again
  show();
}

export function start() {
  all('[data-sign-pad]').forEach(pad);
}
