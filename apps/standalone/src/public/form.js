/** The fields of a flow, with their errors. */
import { createElement } from './dom.js';

/**
 * Prefills a form control.
 * @param value the value, or a function that loads it. If the user types something while the value is
 * loading, the loaded value is dropped
 */
async function fill(control, value) {
  const text = await (typeof value === 'function' ? value() : value);
  if (text && !control.value) control.value = text;
}

function selectOf(id, { name, options }) {
  return createElement(
    'select',
    { id, name },
    options.map(([value, label]) => createElement('option', { value }, label)),
  );
}

function inputOf(id, { name, type = 'text', autocomplete }) {
  return createElement('input', {
    id,
    name,
    type,
    autocomplete,
    spellcheck: 'false',
    autocapitalize: 'none',
  });
}

export function renderField(field) {
  const id = `field-${field.name}`;
  const control = field.options ? selectOf(id, field) : inputOf(id, field);
  void fill(control, field.value);
  const aside = field.hint ?? (field.optional ? 'optional' : null);
  const error = createElement('p', { class: 'error', id: `${id}-error`, hidden: true });
  control.setAttribute('aria-describedby', error.id);
  return createElement(
    'div',
    { class: 'field' },
    createElement(
      'label',
      { for: id },
      field.label,
      aside && createElement('span', { class: 'hint' }, aside),
    ),
    control,
    error,
  );
}

export function clearErrors(form) {
  for (const error of form.querySelectorAll('.error')) error.hidden = true;
  for (const control of form.elements) control.removeAttribute('aria-invalid');
}

/**
 * Maps the code of a problem to the names of the fields next to which the problem is shown. Used for
 * problems that do not name a field with a JSON pointer.
 */
const fieldsOfCode = {
  password_too_weak: ['password', 'newPassword'],
  password_required: ['password'],
  password_incorrect: ['password'],
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

/**
 * Returns the field that a JSON pointer names. If the field is a list, also returns the number of the entry,
 * counted from 1.
 */
function placeOf(form, pointer) {
  const [name = '', index] = pointer.replace(/^#?\//, '').split('/');
  return { control: form.elements.namedItem(name), entry: index === undefined ? null : Number(index) + 1 };
}

function showError(control, text) {
  const error = document.getElementById(control.getAttribute('aria-describedby'));
  error.textContent = error.hidden ? text : `${error.textContent} ${text}`;
  error.hidden = false;
  control.setAttribute('aria-invalid', 'true');
}

/**
 * Shows each error next to its field, and focuses the first invalid field.
 * @returns the number of errors shown, and in `unmatched` the errors that belong to no field of the form
 */
export function showErrors(form, problem) {
  const unmatched = [];
  const errors = errorsOf(form, problem);
  for (const { pointer, message } of errors) {
    const { control, entry } = placeOf(form, pointer);
    if (control) showError(control, entry ? `Entry ${entry}: ${message}.` : message);
    else unmatched.push(`${pointer.replace(/^#?\//, '')} ${message}`);
  }
  form.querySelector('[aria-invalid]')?.focus();
  return { unmatched, shown: errors.length - unmatched.length };
}
