/** Adds conveniences to auth's HTML pages. All pages also work without scripts. */

/** Shows times in the reader's time zone; without this script, they are in UTC. */
function showLocalTimes() {
  const { lang } = document.documentElement;
  const format = new Intl.DateTimeFormat(lang, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  });
  // French and Portuguese write the first day of a month as an ordinal number, but Intl does not.
  const firstDay = { fr: '1er', pt: '1º' }[lang.split('-')[0]] ?? '1';
  for (const time of document.querySelectorAll('time[datetime]'))
    time.textContent = format
      .formatToParts(new Date(time.dateTime))
      .map(({ type, value }) => (type === 'day' && value === '1' ? firstDay : value))
      .join('');
}

/**
 * Adds a button to a password field that shows the typed password. When the form is sent, the password is
 * hidden again.
 */
function addShowButton(input) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'show';
  button.setAttribute('aria-controls', input.id);
  function show(shown) {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
    button.setAttribute('aria-label', `${button.textContent}: ${input.labels[0].textContent}`);
  }
  button.addEventListener('click', () => {
    show(input.type === 'password');
    input.focus();
  });
  input.form.addEventListener('submit', () => show(false));
  show(false);
  input.after(button);
}

/**
 * Replaces the URL of the page in the browser by a URL that can be reloaded without sending the form again.
 */
function replaceAddress() {
  const { reload } = document.querySelector('main').dataset;
  if (reload) history.replaceState(null, '', reload);
}

replaceAddress();
showLocalTimes();
for (const input of document.querySelectorAll('input[data-show]')) addShowButton(input);
