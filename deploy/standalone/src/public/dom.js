/**
 * An element. Functions among the attributes are listeners (`onclick`), `true` sets a bare attribute,
 * `false`, `null` and `undefined` leave one out. Children that are texts stay texts: nothing is parsed as HTML.
 */
export function h(tag, attributes = {}, ...children) {
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

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** A JSON value, indented and coloured. */
export function jsonView(value) {
  const text = JSON.stringify(value, null, 2) ?? '';
  const view = h('pre', { class: 'json' });
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, quoted, colon] = match;
    const kind = colon ? 'json-key' : quoted ? 'json-string' : 'json-other';
    view.append(text.slice(last, match.index), h('span', { class: kind }, quoted ?? whole), colon ?? '');
    last = match.index + whole.length;
  }
  view.append(text.slice(last));
  return view;
}

export const timeOf = (instant) =>
  new Date(instant).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** A button that copies a text and says so. */
export function copyButton(text, label = 'Copy') {
  const button = h('button', { type: 'button', class: 'quiet' }, label);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
  return button;
}
