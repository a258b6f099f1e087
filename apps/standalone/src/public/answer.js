/** Shows the response to a request below its form. */
import { createElement, renderJson } from './dom.js';
import { findFlow } from './flows.js';
import { showErrors } from './form.js';

export function createFlowLink(id) {
  return createElement('a', { href: `#${id}` }, findFlow(id).title);
}

/** Messages for people, which replace the API's messages for developers. */
const wordsOfCode = {
  unauthenticated: 'You are not signed in, or your session has ended.',
  insufficient_permission: 'Only verified admins can do this.',
};

function nextAfter(flow, code) {
  if (code === 'unauthenticated') return 'sign-in';
  if (code === 'account_not_verified') return 'verify';
  if (code === 'refresh_token_invalid') return 'sign-in';
  return ['token_invalid', 'token_expired'].includes(code) ? flow.renew : undefined;
}

function nextView(id) {
  return id && createElement('p', {}, 'Next: ', createFlowLink(id));
}

/**
 * Shows the errors of single fields next to these fields.
 * @returns an element with the rest of the problem; null if every error is shown next to a field
 */
export function renderProblem(flow, form, { body, status }) {
  const problem = body ?? {};
  const { unmatched, shown } = showErrors(form, problem);
  const words =
    wordsOfCode[problem.code] ??
    problem.detail ??
    problem.title ??
    `The request failed with status ${status}.`;
  const resolution = wordsOfCode[problem.code] ? null : problem.resolution;
  const lines = shown > 0 ? unmatched : [words, resolution, ...unmatched];
  const next = nextView(nextAfter(flow, problem.code));
  if (lines.length === 0 && !next) return null;
  return createElement(
    'div',
    { class: 'notice' },
    lines.filter(Boolean).map((line) => createElement('p', {}, line)),
    next,
  );
}

export function renderSuccess({ say, next }) {
  return createElement('p', { class: 'done' }, say, ' ', next && ['Next: ', createFlowLink(next)]);
}

export function renderResponseBody(body) {
  return createElement('div', { class: 'panel inside' }, renderJson(body));
}

function rowView({ title, detail, aside, actions = [] }, act) {
  return createElement(
    'li',
    {},
    createElement('b', {}, title),
    createElement('p', { class: 'small muted' }, detail),
    aside && createElement('p', { class: 'small muted' }, aside),
    actions.length > 0 &&
      createElement(
        'div',
        { class: 'actions', role: 'group', 'aria-label': title },
        actions.map((action) =>
          createElement(
            'button',
            { type: 'button', class: 'quiet', onclick: () => act(action) },
            action.label,
          ),
        ),
      ),
  );
}

/** Shows the rows of a list. @param more loads the next page; undefined if there is none */
export function renderListRows(rows, { act, more }) {
  if (rows.length === 0) return createElement('p', { class: 'muted' }, 'Nothing found.');
  return createElement(
    'div',
    {},
    createElement(
      'ul',
      { class: 'rows panel' },
      rows.map((row) => rowView(row, act)),
    ),
    more && createElement('button', { type: 'button', class: 'quiet more', onclick: more }, 'Show more'),
  );
}
