/** The client page: one flow at a time on the left, what it caused on the right. */
import { prepare, send } from './api.js';
import { h, jsonView } from './dom.js';
import { flows, rowsOf } from './flows.js';
import { follow } from './live.js';
import { mailView } from './mail-view.js';
import { onSession, session, updateSession } from './session.js';
import { createTimeline } from './timeline.js';

const API = '/api/v1';
const byId = (id) => document.getElementById(id);

const reader = byId('reader');

async function openReader(id) {
  const close = h('button', { type: 'button', class: 'quiet close', onclick: () => reader.close() }, 'Close');
  reader.replaceChildren(close, await mailView(id));
  reader.showModal();
}
reader.addEventListener('click', (event) => {
  if (event.target === reader) reader.close();
});

const timeline = createTimeline({
  list: byId('timeline'),
  openReader,
  onChange: (count) => {
    byId('empty').hidden = count > 0;
    byId('clear').hidden = count === 0;
  },
});
byId('clear').addEventListener('click', timeline.clear);

const live = follow({
  onRecord: timeline.addRecord,
  onMail: timeline.addMail,
  onReachable: (reachable) => {
    byId('live').textContent = reachable ? 'live' : 'the server cannot be reached';
    byId('live').classList.toggle('away', !reachable);
  },
});

async function perform(request) {
  const prepared = prepare({ ...request, path: API + request.path });
  const finish = timeline.begin(prepared);
  const answer = await send(prepared);
  finish(answer);
  live.soon();
  if (answer.accountSequence) updateSession({ accountSequence: answer.accountSequence });
  return answer;
}

/* the form of a flow */

function fieldView(field) {
  const id = `field-${field.name}`;
  const control = field.options
    ? h(
        'select',
        { id, name: field.name },
        field.options.map(([value, label]) => h('option', { value }, label)),
      )
    : h('input', {
        id,
        name: field.name,
        type: field.type ?? 'text',
        autocomplete: field.autocomplete,
        spellcheck: 'false',
        autocapitalize: 'none',
      });
  void fill(control, field.value);
  const aside = field.hint ?? (field.optional ? 'optional' : null);
  const error = h('p', { class: 'error', id: `${id}-error`, hidden: true });
  control.setAttribute('aria-describedby', error.id);
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, field.label, aside && h('span', { class: 'hint' }, aside)),
    control,
    error,
  );
}

/** Values may have to be looked up; what was typed meanwhile stays. */
async function fill(control, value) {
  const text = await (typeof value === 'function' ? value() : value);
  if (text && !control.value) control.value = text;
}

function clearErrors(form) {
  for (const error of form.querySelectorAll('.error')) error.hidden = true;
  for (const control of form.elements) control.removeAttribute('aria-invalid');
}

/** Where a problem belongs that names no field by itself. */
const fieldsOfCode = {
  password_too_weak: ['password', 'newPassword'],
  password_required: ['password'],
  passwords_do_not_match: ['confirmNewPassword'],
  current_password_incorrect: ['currentPassword'],
  token_invalid: ['token'],
  token_expired: ['token'],
};

function errorsOf(form, { code, detail, title, errors }) {
  if (errors?.length > 0) return errors;
  const field = fieldsOfCode[code]?.find((name) => form.elements.namedItem(name));
  return field ? [{ pointer: `/${field}`, message: detail ?? title }] : [];
}

/** Puts each error beside its field; returns those that have none. */
function showErrors(form, problem) {
  const homeless = [];
  for (const { pointer, message } of errorsOf(form, problem ?? {})) {
    const name = pointer.split('/').pop();
    const control = form.elements.namedItem(name) ?? form.elements.namedItem(pointer.split('/')[1] ?? '');
    if (!control) homeless.push(`${pointer.replace(/^#?\//, '')} ${message}`);
    else {
      const error = byId(`field-${control.name}-error`);
      error.textContent = message;
      error.hidden = false;
      control.setAttribute('aria-invalid', 'true');
    }
  }
  form.querySelector('[aria-invalid]')?.focus();
  return homeless;
}

function problemView(form, { body, status }) {
  const homeless = showErrors(form, body);
  const lines = [body?.detail ?? body?.title ?? `The answer was ${status}.`, body?.resolution, ...homeless];
  return h(
    'div',
    { class: 'notice', role: 'alert' },
    lines.filter(Boolean).map((line) => h('p', {}, line)),
  );
}

const linkTo = (id) => {
  const flow = flows.find((candidate) => candidate.id === id);
  return h('a', { href: `#${id}` }, flow.title.toLowerCase());
};

const doneView = ({ say, next } = {}) =>
  say && h('p', { class: 'done', role: 'status' }, say, ' ', next && ['Next: ', linkTo(next)]);

function rowView(row, act) {
  return h(
    'li',
    {},
    h('div', { class: 'grow' }, h('b', {}, row.title), h('div', { class: 'small muted' }, row.detail)),
    row.aside && h('span', { class: 'small muted' }, row.aside),
    (row.actions ?? []).map(({ label, request }) =>
      h('button', { type: 'button', class: 'quiet', onclick: () => act(request) }, label),
    ),
  );
}

function rowsView(rows, act) {
  if (rows.length === 0) return h('p', { class: 'muted' }, 'Nothing there.');
  return h(
    'ul',
    { class: 'rows panel' },
    rows.map((row) => rowView(row, act)),
  );
}

function answerView(flow, answer, values, act) {
  if (flow.rows) return [rowsView(flow.rows(answer.body), act)];
  const said = doneView(flow.after?.(answer.body, values) ?? {});
  if (said) return [said];
  return [
    answer.body === null
      ? h('p', { class: 'done' }, 'Done.')
      : h('div', { class: 'panel inside' }, jsonView(answer.body)),
  ];
}

function flowView(flow) {
  const result = h('div', { class: 'result' });
  const button = h('button', { type: 'submit' }, flow.title);
  const form = h(
    'form',
    { novalidate: true, onsubmit: submit },
    (flow.fields ?? []).map(fieldView),
    h('div', { class: 'send' }, button),
  );

  async function submit(event) {
    event?.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    clearErrors(form);
    button.disabled = true;
    const answer = await perform(flow.request(values));
    button.disabled = false;
    result.replaceChildren(
      ...(answer.ok ? answerView(flow, answer, values, act) : [problemView(form, answer)]),
    );
  }

  /** An action of a row: its own rows or the list anew. */
  async function act(request) {
    const answer = await perform(request);
    if (!answer.ok) result.replaceChildren(problemView(form, answer));
    else if (rowsOf(answer.body).length > 0) result.replaceChildren(rowsView(rowsOf(answer.body), act));
    else await submit();
  }

  const loginFirst = flow.needsLogin && !session().accessToken;
  return [
    h('h1', {}, flow.title),
    h(
      'p',
      { class: 'lead' },
      flow.lead,
      loginFirst && [' This needs a login: ', linkTo('log-in'), ' first.'],
    ),
    form,
    result,
  ];
}

/* which flow */

const groups = [...new Set(flows.map(({ group }) => group))];
byId('flows').append(
  ...groups.map((group) =>
    h(
      'div',
      {},
      h('h2', {}, group),
      flows.filter((flow) => flow.group === group).map(({ id, title }) => h('a', { href: `#${id}` }, title)),
    ),
  ),
);

function showFlow() {
  const flow = flows.find(({ id }) => `#${id}` === location.hash) ?? flows[0];
  for (const link of byId('flows').querySelectorAll('a')) {
    const chosen = link.hash === `#${flow.id}`;
    if (chosen) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
    if (chosen && document.body.clientWidth <= 720) {
      byId('flows').scrollTo({ left: link.offsetLeft - 100, behavior: 'smooth' });
    }
  }
  byId('form').replaceChildren(...flowView(flow));
}

addEventListener('hashchange', () => {
  if (location.hash === '#form') return;
  showFlow();
  byId('form').focus({ preventScroll: true });
});
showFlow();

onSession(({ accessToken, user }) => {
  byId('who').textContent = accessToken
    ? `Logged in as ${user?.username ?? user?.email ?? 'somebody'}`
    : 'Nobody is logged in';
});
