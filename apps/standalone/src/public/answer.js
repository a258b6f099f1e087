/** What came of a request, said where it was asked for. */
import { h, jsonView } from './dom.js';
import { flowNamed } from './flows.js';
import { showErrors } from './form.js';

export const linkTo = (id) => h('a', { href: `#${id}` }, flowNamed(id).title);

/** What this page knows better than the API, whose words are for programs. */
const wordsOfCode = {
  unauthenticated: 'Nobody is logged in here, or the session has ended.',
  insufficient_permission: 'Only a verified admin may do this.',
};

function nextAfter(flow, code) {
  if (code === 'unauthenticated') return 'log-in';
  if (code === 'account_not_verified') return 'verify';
  if (code === 'refresh_token_invalid') return 'log-in';
  return ['token_invalid', 'token_expired'].includes(code) ? flow.renew : undefined;
}

const nextView = (id) => id && h('p', {}, 'Next: ', linkTo(id));

/** Errors of fields stand beside them; what is left to say, if anything. */
export function problemView(flow, form, { body, status }) {
  const problem = body ?? {};
  const { homeless, shown } = showErrors(form, problem);
  const words = wordsOfCode[problem.code] ?? problem.detail ?? problem.title ?? `The answer was ${status}.`;
  const resolution = wordsOfCode[problem.code] ? null : problem.resolution;
  const lines = shown > 0 ? homeless : [words, resolution, ...homeless];
  const next = nextView(nextAfter(flow, problem.code));
  if (lines.length === 0 && !next) return null;
  return h(
    'div',
    { class: 'notice' },
    lines.filter(Boolean).map((line) => h('p', {}, line)),
    next,
  );
}

export const doneView = ({ say, next }) =>
  h('p', { class: 'done' }, say, ' ', next && ['Next: ', linkTo(next)]);

export const bodyView = (body) => h('div', { class: 'panel inside' }, jsonView(body));

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

/** Rows, and how to get further ones where there are more. */
export function rowsView(rows, { act, more }) {
  if (rows.length === 0) return h('p', { class: 'muted' }, 'Nothing there.');
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
