/** Shows a flow: its form and, below the form, the response. */
import {
  createFlowLink,
  renderListRows,
  renderProblem,
  renderResponseBody,
  renderSuccess,
} from './answer.js';
import { createElement } from './dom.js';
import { clearErrors, renderField } from './form.js';
import { getSession } from './session.js';

function leadOf({ lead, needsSignIn }) {
  const isSignedOut = needsSignIn && !getSession().accessToken;
  return createElement(
    'p',
    { class: 'lead' },
    lead,
    isSignedOut && [' ', createFlowLink('sign-in'), ' first.'],
  );
}

function fieldsOf({ fields = [] }) {
  return typeof fields === 'function' ? fields() : fields;
}

/** Shows a flow. @param perform sends a request and resolves with its response */
export function renderFlow(flow, perform) {
  // The status region must exist before its text appears; otherwise screen readers do not announce it.
  const said = createElement('div', { role: 'status' });
  const shown = createElement('div', {});
  const button = createElement('button', { type: 'submit' }, flow.action ?? flow.title);
  const form = createElement(
    'form',
    { novalidate: true, onsubmit: submit },
    fieldsOf(flow).map(renderField),
    createElement('div', { class: 'send' }, button),
  );

  const say = (view) => said.replaceChildren(...(view ? [view] : []));

  function showRows(rows, body, values) {
    const next = flow.more?.(body, values);
    const more = next && (() => showMore(rows, next, values));
    shown.replaceChildren(renderListRows(rows, { act, more }));
  }

  async function showMore(rows, request, values) {
    const answer = await perform(request);
    if (!answer.ok) return say(renderProblem(flow, form, answer));
    showRows([...rows, ...flow.rows(answer.body)], answer.body, values);
    shown.querySelectorAll('.rows > li')[rows.length]?.querySelector('button')?.focus();
  }

  function show({ body }, values) {
    const done = flow.after?.(body, values);
    if (flow.rows) showRows(flow.rows(body), body, values);
    else if (done) say(renderSuccess(done));
    else if (body === null) say(renderSuccess({ say: 'Done.' }));
    else shown.replaceChildren(renderResponseBody(body));
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
    else say(renderProblem(flow, form, answer));
  }

  /**
   * Performs the action of a button in a row of the list. The action either returns rows to show, or changes
   * the list, which is then reloaded.
   */
  async function act(action) {
    const answer = await perform(action.request);
    if (!answer.ok) return say(renderProblem(flow, form, answer));
    if (action.rows) {
      const back = createElement(
        'button',
        { type: 'button', class: 'quiet', onclick: () => submit() },
        '← Back to the list',
      );
      say(null);
      shown.replaceChildren(
        back,
        createElement('h2', {}, action.title),
        renderListRows(action.rows(answer.body), { act }),
      );
      back.focus();
      return;
    }
    action.after?.();
    await submit();
    say(renderSuccess(action));
  }

  return [
    createElement('h1', {}, flow.title),
    leadOf(flow),
    form,
    createElement('div', { class: 'result' }, said, shown),
  ];
}
