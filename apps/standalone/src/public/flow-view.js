/** Shows a flow: its form and, below the form, the response. */
import { bodyView, doneView, linkTo, problemView, rowsView } from './answer.js';
import { h } from './dom.js';
import { clearErrors, fieldView } from './form.js';
import { session } from './session.js';

function leadOf({ lead, needsSignIn }) {
  const isSignedOut = needsSignIn && !session().accessToken;
  return h('p', { class: 'lead' }, lead, isSignedOut && [' ', linkTo('sign-in'), ' first.']);
}

function fieldsOf({ fields = [] }) {
  return typeof fields === 'function' ? fields() : fields;
}

/** Shows a flow. @param perform sends a request and resolves with its response */
export function flowView(flow, perform) {
  // The status region must exist before its text appears; otherwise screen readers do not announce it.
  const said = h('div', { role: 'status' });
  const shown = h('div', {});
  const button = h('button', { type: 'submit' }, flow.action ?? flow.title);
  const form = h(
    'form',
    { novalidate: true, onsubmit: submit },
    fieldsOf(flow).map(fieldView),
    h('div', { class: 'send' }, button),
  );

  const say = (view) => said.replaceChildren(...(view ? [view] : []));

  function showRows(rows, body, values) {
    const next = flow.more?.(body, values);
    const more = next && (() => showMore(rows, next, values));
    shown.replaceChildren(rowsView(rows, { act, more }));
  }

  async function showMore(rows, request, values) {
    const answer = await perform(request);
    if (!answer.ok) return say(problemView(flow, form, answer));
    showRows([...rows, ...flow.rows(answer.body)], answer.body, values);
    shown.querySelectorAll('.rows > li')[rows.length]?.querySelector('button')?.focus();
  }

  function show({ body }, values) {
    const done = flow.after?.(body, values);
    if (flow.rows) showRows(flow.rows(body), body, values);
    else if (done) say(doneView(done));
    else if (body === null) say(doneView({ say: 'Done.' }));
    else shown.replaceChildren(bodyView(body));
  }

  async function submit(event) {
    event?.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    clearErrors(form);
    button.disabled = true;
    const answer = await perform(flow.request(values));
    button.disabled = false;
    say(null);
    shown.replaceChildren();
    if (answer.ok) show(answer, values);
    else say(problemView(flow, form, answer));
  }

  /**
   * Performs the action of a row. The action either returns rows to show, or changes the list, which is then
   * reloaded.
   */
  async function act(action) {
    const answer = await perform(action.request);
    if (!answer.ok) return say(problemView(flow, form, answer));
    if (action.rows) {
      const back = h(
        'button',
        { type: 'button', class: 'quiet', onclick: () => submit() },
        '← Back to the list',
      );
      say(null);
      shown.replaceChildren(back, h('h2', {}, action.title), rowsView(action.rows(answer.body), { act }));
      back.focus();
      return;
    }
    action.after?.();
    await submit();
    say(doneView(action));
  }

  return [h('h1', {}, flow.title), leadOf(flow), form, h('div', { class: 'result' }, said, shown)];
}
