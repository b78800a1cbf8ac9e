// Flask-Admin's form widgets on our terms: native date fields, our words, inline rows. A classic script that stands
// between Flask-Admin's form.js and its filter script, which style their fields as soon as they load.
(function () {
  'use strict';
  const words = document.currentScript.dataset;
  const $ = window.jQuery;

  /** An <input> of this type that writes what the server expects into the (then hidden) field of Flask-Admin. */
  function native(type, value, changed) {
    const input = document.createElement('input');
    input.type = type;
    input.className = 'form-control';
    input.value = value;
    if (type !== 'date') input.step = 1;
    input.addEventListener('input', changed);
    input.addEventListener('change', changed);
    return input;
  }

  const KINDS = { date: 'date', datetime: 'datetime-local', time: 'time' };
  const toServer = (kind, text) => (kind === 'datetime' && text ? text.replace('T', ' ').padEnd(19, ':00') : text);
  const toInput = (kind, text) => (kind === 'datetime' ? text.replace(' ', 'T') : text);

  function dateField($field, name) {
    const match = /^(date|datetime|time)(range)?picker$/.exec(name);
    if (!match) return false;
    const [, kind, range] = match;
    const field = $field[0];
    const parts = (field.value || '').split(' to ');
    const inputs = [];
    const write = () => {
      const texts = inputs.map((input) => toServer(kind, input.value));
      field.value = range ? (texts.every(Boolean) ? texts.join(' to ') : '') : texts[0];
      $field.trigger('change');
    };
    for (let i = 0; i < (range ? 2 : 1); i += 1) {
      const input = native(KINDS[kind], toInput(kind, parts[i] || ''), write);
      if (range) input.setAttribute('aria-label', i ? words.to : words.from);
      inputs.push(input);
    }
    field.type = 'hidden';
    if (!range && field.id) {
      inputs[0].id = field.id;
      field.removeAttribute('id');
    }
    field.after(...inputs);
    return true;
  }

  window.faForm.addFieldConverter(dateField);

  // Without one, form.js shows the words "data-placeholder". Answers false: form.js does the rest.
  window.faForm.addFieldConverter(($field, name) => {
    if (name === 'select2-ajax' && !$field.attr('data-placeholder')) $field.attr('data-placeholder', words.type);
    return false;
  });

  if ($.fn.select2) {
    $.extend($.fn.select2.defaults, {
      formatNoMatches: () => words.none,
      formatSearching: () => words.searching,
      formatInputTooShort: () => words.type,
      formatLoadMore: () => words.searching,
    });
  }

  if ($.fn.editableform) {
    const button = (type, cls, label) => {
      const element = document.createElement('button');
      element.type = type;
      element.className = cls;
      element.textContent = label;
      return element.outerHTML;
    };
    $.fn.editableform.buttons =
      button('submit', 'btn btn-sm btn-primary editable-submit', words.save) +
      button('button', 'btn btn-sm editable-cancel', words.cancel);
    // a second change of the same value goes on from the first one
    $.fn.editable.defaults.success = function (answer, value) {
      const { input, options } = $(this).data('editable');
      const was = String(input.value2submit(value) ?? '');
      $(this).editable('option', 'pk', JSON.stringify({ ...JSON.parse(options.pk), was }));
    };
  }

  document.addEventListener('click', (event) => {
    const add = event.target.closest('[data-inline-add]');
    if (add) window.faForm.addInlineField(add, add.dataset.inlineAdd);
    const remove = event.target.closest('[data-inline-remove]');
    if (remove) remove.closest('.inline-field').remove();
    const filter = event.target.closest('a.filter');
    if (filter) {
      event.preventDefault();
      filter.closest('details')?.removeAttribute('open');
    }
  });
})();
