/** The texts of refusals in Spanish. Missing texts are shown in English. */
import { MAX_PASSWORD_LENGTH, type PasswordFault } from '../passwords/rules.ts';
import type { TextTranslations } from './texts.de.ts';

export const spanishTexts: TextTranslations = {
  'Account Disabled': 'Cuenta desactivada',
  'Current Password Incorrect': 'Contraseña incorrecta',
  'Email Changed Recently': 'Correo cambiado hace poco',
  'Email Unchanged': 'Correo sin cambios',
  'Email Already Registered': 'Correo ya registrado',
  'Idempotency Key Reused': 'Idempotency-Key reutilizada',
  'Incorrect Password': 'Contraseña incorrecta',
  'Invalid Credentials': 'Credenciales incorrectas',
  'Own Account': 'Tu propia cuenta',
  'Last Admin': 'Último administrador',
  'Password Required': 'Contraseña obligatoria',
  'Password Too Weak': 'Contraseña demasiado débil',
  'Passwords Do Not Match': 'Las contraseñas no coinciden',
  'Invalid Refresh Token': 'Token de renovación no válido',
  'Token Expired': 'Enlace caducado',
  'Invalid Token': 'Enlace no válido',
  'Sign in, or reset the password': 'Inicia sesión o restablece la contraseña',
  'Send each new request with a new Idempotency-Key':
    'Envía cada solicitud nueva con una Idempotency-Key nueva',
  'Ask another admin': 'Pídeselo a otro administrador',
  'Make another account an admin first': 'Nombra antes a otro administrador',
  'Undo the last change with the link that its previous address got, or wait 7 days':
    'Deshaz el último cambio con el enlace enviado a la dirección anterior o espera 7 días',
  'Send the password of the account, an access token of it, or, for a sign-up, a new password':
    'Envía la contraseña de la cuenta, un token de acceso de ella o, si es un registro, una contraseña nueva',
  'This account has been disabled.': 'Esta cuenta se ha desactivado.',
  'The account is not in a state that allows this, or it was changed at the same time. Try again.':
    'El estado de la cuenta no lo permite o se ha modificado al mismo tiempo. Inténtalo de nuevo.',
  'Incorrect password.': 'Contraseña incorrecta.',
  'The address was changed in the last 7 days, and that can still be undone.':
    'La dirección se ha cambiado en los últimos 7 días y el cambio todavía se puede deshacer.',
  'This is already the address of the account.': 'La cuenta ya tiene esta dirección.',
  'An account with this email address already exists.': 'Ya existe una cuenta con este correo electrónico.',
  'This Idempotency-Key was sent with another body.': 'Esta Idempotency-Key ya se envió con otro contenido.',
  'Incorrect email address or password.': 'Correo electrónico o contraseña incorrectos.',
  'There is no such account.': 'Esta cuenta no existe.',
  'Too many passwords are being checked right now. Try again.':
    'Se están comprobando demasiadas contraseñas. Inténtalo de nuevo.',
  'This is the last admin: without one, nobody could administer accounts.':
    'Es el último administrador: sin él, nadie podría administrar las cuentas.',
  'Admins cannot do this to their own account.':
    'Los administradores no pueden hacer esto con su propia cuenta.',
  'The link alone is not enough: it also needs the password of the account, an access token of it, or, for a sign-up, a new password.':
    'El enlace por sí solo no basta: también hace falta la contraseña de la cuenta, un token de acceso de ella o, si es un registro, una contraseña nueva.',
  'The passwords do not match.': 'Las contraseñas no coinciden.',
  'The refresh token is invalid or has expired. Sign in again.':
    'El token de renovación no es válido o ha caducado. Vuelve a iniciar sesión.',
  'There is no such session.': 'Esta sesión no existe.',
  'This link has expired. Request a new one.': 'Este enlace ha caducado. Solicita uno nuevo.',
  'This link is invalid or has expired. Request a new one.':
    'Este enlace no es válido o ha caducado. Solicita uno nuevo.',
  'Accounts cannot be reached. Try again.': 'No se puede acceder a las cuentas. Inténtalo de nuevo.',
  'The mails of the account cannot be reached. Try again.':
    'No se puede acceder a los correos de la cuenta. Inténtalo de nuevo.',
  'This account cannot be read at present.': 'Esta cuenta no se puede leer en este momento.',
  'The password {fault}.': 'La contraseña {fault}.',
  'A request with the cookie must come from an origin listed in CORS_ORIGINS.':
    'Una solicitud con la cookie debe venir de un origen incluido en CORS_ORIGINS.',
  'must be an email address, such as ada@example.com':
    'debe ser un correo electrónico, por ejemplo ada@example.com',
  'must be 3 to 32 letters, digits, underscores or hyphens':
    'debe tener de 3 a 32 letras, cifras, guiones o guiones bajos',
  'must be plain text on one line': 'debe ser texto sin formato en una línea',
  'must have 1 to {count} characters besides leading and trailing spaces':
    'debe tener de 1 a {count} caracteres, sin contar los espacios al principio y al final',
  'must be a language tag, such as en or de-AT': 'debe ser un código de idioma, por ejemplo es o es-MX',
  'must not contain control characters': 'no debe contener caracteres de control',
  'must be a refresh token': 'debe ser un token de renovación',
  'must be 1 to 255 visible ASCII characters': 'debe tener de 1 a 255 caracteres ASCII visibles',
  'is not the nextCursor of an earlier answer': 'no es el nextCursor de una respuesta anterior',
  'is required without an access token': 'es obligatorio sin token de acceso',
  'Send the API key of a service client that may introspect.':
    'Envía la clave de API de un cliente que pueda usar la introspección.',
};

/** The texts about each rule for passwords, which complete the sentence "La contraseña …". */
export const passwordFaultTexts: Record<PasswordFault, string> = {
  too_short: 'debe tener al menos {min} caracteres',
  too_long: `debe tener como máximo ${MAX_PASSWORD_LENGTH} caracteres`,
  own_words:
    'no debe formarse con el correo, el nombre de usuario, el nombre, los apellidos ni el nombre de este servicio; es mejor usar varias palabras sin relación entre sí',
  common:
    'no debe ser una de las más comunes ni parecerse a una; es mejor usar varias palabras sin relación entre sí',
  repeated:
    'no debe repetir los mismos caracteres o palabras; es mejor usar varias palabras sin relación entre sí',
  sequence:
    'no debe ser una secuencia, como abcd o 1234, ni una fecha; es mejor usar varias palabras sin relación entre sí',
  guessable: 'es fácil de adivinar; alárgala, por ejemplo con otra palabra',
  breached: 'aparece en una filtración de datos; elige una que nunca hayas usado en otro sitio',
};
