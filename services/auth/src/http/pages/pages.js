/** Adds conveniences to the pages, which all work without scripts. */

/** Shows times in the reader's time zone; without a script they are in UTC. */
function showLocalTimes() {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  });
  for (const time of document.querySelectorAll('time[datetime]'))
    time.textContent = format.format(new Date(time.dateTime));
}

/** Adds a button that shows what was typed as a password. It is hidden again when the form is sent. */
function addShowButton(input) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'show';
  button.setAttribute('aria-controls', input.id);
  function show(shown) {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
  }
  button.addEventListener('click', () => {
    show(input.type === 'password');
    input.focus();
  });
  input.form.addEventListener('submit', () => show(false));
  show(false);
  input.after(button);
}

showLocalTimes();
for (const input of document.querySelectorAll('input[data-show]')) addShowButton(input);
