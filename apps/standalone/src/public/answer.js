/** Shows the response to a request below its form. */
import { h, jsonView } from './dom.js';
import { findFlow } from './flows.js';
import { showErrors } from './form.js';

export function linkTo(id) {
  return h('a', { href: `#${id}` }, findFlow(id).title);
}

/** Messages that replace those of the API, which are written for developers. */
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
  return id && h('p', {}, 'Next: ', linkTo(id));
}

/**
 * Shows field errors next to their fields.
 * @returns a view of all other parts of the problem, if there are any
 */
export function problemView(flow, form, { body, status }) {
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
  return h(
    'div',
    { class: 'notice' },
    lines.filter(Boolean).map((line) => h('p', {}, line)),
    next,
  );
}

export function doneView({ say, next }) {
  return h('p', { class: 'done' }, say, ' ', next && ['Next: ', linkTo(next)]);
}

export function bodyView(body) {
  return h('div', { class: 'panel inside' }, jsonView(body));
}

function rowView({ title, detail, aside, actions = [] }, act) {
  return h(
    'li',
    {},
    h('b', {}, title),
    h('p', { class: 'small muted' }, detail),
    aside && h('p', { class: 'small muted' }, aside),
    actions.length > 0 &&
      h(
        'div',
        { class: 'actions', role: 'group', 'aria-label': title },
        actions.map((action) =>
          h('button', { type: 'button', class: 'quiet', onclick: () => act(action) }, action.label),
        ),
      ),
  );
}

/** Shows the rows of a list. @param more loads the next page, if there is one */
export function rowsView(rows, { act, more }) {
  if (rows.length === 0) return h('p', { class: 'muted' }, 'Nothing found.');
  return h(
    'div',
    {},
    h(
      'ul',
      { class: 'rows panel' },
      rows.map((row) => rowView(row, act)),
    ),
    more && h('button', { type: 'button', class: 'quiet more', onclick: more }, 'Show more'),
  );
}
