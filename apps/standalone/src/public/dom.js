/**
 * Creates an element. An attribute whose value is a function becomes a listener (`onclick`). The value `true`
 * sets an empty attribute; attributes with the values `false`, `null` and `undefined` are left out. Strings
 * in `children` become text nodes and are never parsed as HTML.
 */
export function createElement(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/**
 * Creates a list whose items have keys. `update(items)` changes only the elements whose items were added,
 * moved, changed or removed. Unchanged items keep their element, so that an update loses neither the focus
 * nor a click in progress.
 */
export function createKeyedList(parent, keyOf, make) {
  let rows = new Map();
  return function update(items) {
    const wanted = new Map();
    for (const item of items) {
      const state = JSON.stringify(item);
      const row = rows.get(keyOf(item));
      wanted.set(keyOf(item), row?.state === state ? row : { state, element: make(item) });
    }
    let focused;
    for (const [key, row] of rows) {
      if (wanted.get(key) === row) continue;
      if (row.element.contains(document.activeElement)) focused = wanted.get(key)?.element;
      row.element.remove();
    }
    let next = parent.firstElementChild;
    for (const { element } of wanted.values()) {
      if (element === next) next = next.nextElementSibling;
      else parent.insertBefore(element, next);
    }
    (focused?.querySelector('a, summary') ?? focused)?.focus();
    rows = wanted;
  };
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Shows a JSON value, indented and highlighted. */
export function renderJson(value) {
  const text = JSON.stringify(value, null, 2) ?? '';
  const view = createElement('pre', { class: 'json' });
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, quoted, colon] = match;
    const kind = colon ? 'json-key' : quoted ? 'json-string' : 'json-other';
    view.append(
      text.slice(last, match.index),
      createElement('span', { class: kind }, quoted ?? whole),
      colon ?? '',
    );
    last = match.index + whole.length;
  }
  view.append(text.slice(last));
  return view;
}

export function formatTime(instant) {
  return new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

/** Creates a button that copies a text to the clipboard. */
export function createCopyButton(text, label = 'Copy') {
  const button = createElement('button', { type: 'button', class: 'quiet' }, label);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
  return button;
}
