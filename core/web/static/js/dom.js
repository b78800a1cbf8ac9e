// Short names for what every part uses.
export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Call `action(element, event)` for each event of this type inside an element that matches. */
export function on(type, selector, action, options) {
  document.addEventListener(type, (event) => {
    const element = event.target.closest?.(selector);
    if (element) action(element, event);
  }, options);
}

/** True while a person types into this element, where single keys are letters. */
export function isTyping(element) {
  if (element.isContentEditable) return true;
  if (!/^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName)) return false;
  return !/^(checkbox|radio|button|submit)$/.test(element.type);
}
