/**
 * The client page. It shows the form of a flow on the left, and the requests, events and mails that the
 * form caused on the right.
 */
import { prepareRequest, sendRequest } from './api.js';
import { createElement } from './dom.js';
import { renderFlow } from './flow-view.js';
import { flows } from './flows.js';
import { followRecordsAndMails } from './live.js';
import { renderMail } from './mail-view.js';
import { onSessionChange, updateSession } from './session.js';
import { createTimeline } from './timeline.js';

/**
 * The path of the API, relative to this page, because a proxy may serve the page and the API below another
 * path.
 */
const API = new URL('api/v1', location.href).pathname;
function byId(id) {
  return document.getElementById(id);
}

const reader = byId('reader');

async function openReader(id) {
  const close = createElement(
    'button',
    { type: 'button', class: 'quiet close', onclick: () => reader.close() },
    'Close',
  );
  reader.replaceChildren(close, await renderMail(id));
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

const live = followRecordsAndMails({
  onRecord: timeline.addRecord,
  onMail: timeline.addMail,
  onReachable: (reachable) => {
    byId('live').textContent = reachable ? 'live' : 'offline';
    byId('live').classList.toggle('away', !reachable);
  },
});

async function perform(request) {
  const prepared = prepareRequest({ ...request, path: API + request.path });
  const finish = timeline.begin(prepared);
  const answer = await sendRequest(prepared);
  finish(answer);
  live.soon();
  if (answer.accountSequence) updateSession({ accountSequence: answer.accountSequence });
  return answer;
}

const groups = [...new Set(flows.map(({ group }) => group))];
byId('flows').append(
  ...groups.map((group) =>
    createElement(
      'div',
      {},
      createElement('p', { class: 'group' }, group),
      flows
        .filter((flow) => flow.group === group)
        .map(({ id, title }) => createElement('a', { href: `#${id}` }, title)),
    ),
  ),
);

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Scrolls the link of the current flow into view. On narrow screens, the links of the flows are in a strip
 * that scrolls sideways.
 */
function bringIntoView(link) {
  return byId('flows').scrollTo({
    left: link.offsetLeft - 100,
    behavior: reducedMotion.matches ? 'instant' : 'smooth',
  });
}

function showFlow() {
  const flow = flows.find(({ id }) => `#${id}` === location.hash) ?? flows[0];
  for (const link of byId('flows').querySelectorAll('a')) {
    const chosen = link.hash === `#${flow.id}`;
    if (chosen) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
    if (chosen) bringIntoView(link);
  }
  byId('form').replaceChildren(...renderFlow(flow, perform));
}

addEventListener('hashchange', () => {
  if (location.hash === '#form') return;
  showFlow();
  byId('form').focus({ preventScroll: true });
});
showFlow();

onSessionChange(({ accessToken, user }) => {
  byId('who').textContent = accessToken
    ? `Signed in as ${user?.username ?? user?.email ?? 'unknown'}`
    : 'Not signed in';
});
