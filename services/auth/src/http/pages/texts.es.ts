import type { PageTranslation } from './texts.ts';

export const spanishPageTexts: PageTranslation = {
  faultPrefix: 'Error:',
  username: 'Nombre de usuario',
  showPassword: 'Mostrar',
  hidePassword: 'Ocultar',
  onward: 'Continuar a {brand}',
  startPage: 'Ir a la página de inicio',
  home: {
    title: '{brand}',
    paragraphs: [
      'Esta dirección gestiona los registros, los inicios de sesión y las contraseñas de {brand}.',
    ],
    closing: 'Para iniciar sesión, abre la aplicación o el sitio web.',
    ask: {
      title: '¿Necesitas una contraseña nueva?',
      lead: 'Escribe tu correo electrónico y te enviaremos un enlace para elegir una.',
      send: 'Enviar un enlace',
    },
  },
  verification: {
    title: 'Verifica tu correo electrónico',
    lead: 'Alguien se ha registrado con tu dirección de correo. Si has sido tú, confirma que la dirección es tuya.',
    signedUp: 'Registro',
    passwordLead: 'Escribe la contraseña que elegiste al registrarte.',
    password: 'Contraseña',
    wrongPassword: 'Contraseña incorrecta. Inténtalo de nuevo o elige una nueva más abajo.',
    confirm: 'Verificar correo',
    choose: 'Elegir una contraseña nueva',
    chooseLead:
      'Si has olvidado la contraseña o no la elegiste tú, elige una nueva. Sustituye a la anterior y cierra la sesión de quien la haya usado.',
    chooseAndConfirm: 'Guardar contraseña y verificar correo',
    stranger: '¿No has sido tú?',
    strangerLead: 'Cancela este registro y nadie podrá usar tu dirección con él.',
    reject: 'No he sido yo',
  },
  rejection: {
    title: '¿Cancelar este registro?',
    lead: 'La cuenta se cerrará y los enlaces de nuestros correos dejarán de funcionar. Esta acción no se puede deshacer.',
    confirm: 'Sí, cancelar el registro',
    back: 'Volver',
  },
  alreadyVerified: {
    title: 'Tu correo ya está verificado',
    paragraphs: ['No tienes que hacer nada más.'],
    closing: 'Puedes cerrar esta página e iniciar sesión.',
  },
  verified: {
    title: 'Tu correo está verificado',
    paragraphs: ['Gracias. Tu cuenta está lista.'],
    closing: 'Puedes cerrar esta página e iniciar sesión.',
  },
  rejected: {
    title: 'El registro se ha cancelado',
    paragraphs: [
      'Gracias por avisarnos. Nadie puede usar tu dirección con este registro.',
      'No tienes que hacer nada más. Puedes cerrar esta página.',
    ],
  },
  reset: {
    again: {
      title: 'Elige una contraseña nueva',
      lead: 'Se cerrarán todas tus sesiones.',
      button: 'Guardar contraseña',
    },
    first: {
      title: 'Elige una contraseña',
      lead: 'Con ello también confirmas que la dirección de correo es tuya.',
      button: 'Guardar contraseña',
    },
    account: 'Cuenta',
    newPassword: 'Contraseña nueva',
    hint: 'Al menos {min} caracteres. Varias palabras sin relación entre sí son una buena contraseña.',
    confirmNewPassword: 'Repite la contraseña nueva',
  },
  emailChange: {
    title: 'Confirma tu nueva dirección de correo',
    lead: 'A partir de entonces iniciarás sesión con esta dirección. Escribe la contraseña de tu cuenta.',
    newEmail: 'Nueva dirección de correo',
    password: 'Contraseña',
    confirm: 'Confirmar dirección',
  },
  emailChanged: {
    title: 'Tu dirección de correo ha cambiado',
    paragraphs: [
      'A partir de ahora, inicia sesión con la dirección nueva y la misma contraseña.',
      'Hemos enviado a tu dirección anterior un enlace con el que puedes deshacer el cambio durante 7 días.',
    ],
    closing: 'Puedes cerrar esta página e iniciar sesión.',
  },
  emailUndo: {
    title: 'Deshaz el cambio de tu dirección de correo',
    lead: 'Tu cuenta recuperará esta dirección. Elige una contraseña nueva: se cerrarán todas las sesiones y la contraseña anterior dejará de funcionar.',
    button: 'Recuperar mi cuenta',
    changedTo: 'Cambiada a',
    ignore: 'Si has cambiado tú la dirección, cierra esta página: nada cambiará.',
  },
  emailUndone: {
    title: 'Tu cuenta vuelve a tener su dirección anterior',
    paragraphs: ['Se han cerrado todas las sesiones.'],
    closing: 'Puedes cerrar esta página e iniciar sesión con la contraseña nueva.',
  },
  resetDone: {
    again: {
      title: 'Tu contraseña ha cambiado',
      paragraphs: ['Se han cerrado todas tus sesiones.'],
      closing: 'Puedes cerrar esta página e iniciar sesión con la contraseña nueva.',
    },
    first: {
      title: 'Tu cuenta está lista',
      paragraphs: ['Tu correo está verificado y tu contraseña, guardada.'],
      closing: 'Puedes cerrar esta página e iniciar sesión.',
    },
  },
  erasure: {
    title: '¿Conservar tu cuenta?',
    lead: 'Tu cuenta está a punto de borrarse. Todavía puedes conservarla.',
    erasedOn: 'Se borrará el',
    keep: 'Conservar mi cuenta',
    ignore: 'Si quieres que la cuenta se borre, no tienes que hacer nada. Puedes cerrar esta página.',
    canceled: {
      title: 'Tu cuenta se conserva',
      paragraphs: [
        'No se borrará.',
        'Si no lo pedisteis ni tú ni un administrador, puede que alguien conozca tu contraseña: elige una nueva.',
      ],
      closing: 'Puedes cerrar esta página y volver a iniciar sesión.',
    },
    dead: {
      title: 'Este enlace ya no funciona',
      paragraphs: [
        'La cuenta ya no está pendiente de borrarse, ya se ha borrado o un correo más reciente ha sustituido este enlace. Si tienes dudas, abre el enlace del último correo.',
      ],
    },
    stillDue:
      'Todavía no ha cambiado nada: tu cuenta se borrará en la fecha que indica el correo, a menos que la conserves.',
    newPassword: 'Elegir una contraseña nueva',
  },
  requested: {
    verification: {
      title: 'Revisa tu bandeja de entrada',
      paragraphs: [
        'Si hay una cuenta por verificar con esta dirección, recibirás un correo con un enlace nuevo.',
        'Puede tardar unos minutos. Mira también en la carpeta de spam.',
      ],
    },
    'password-reset': {
      title: 'Revisa tu bandeja de entrada',
      paragraphs: [
        'Si hay una cuenta con esta dirección, recibirás un correo con un enlace para elegir una contraseña.',
        'Puede tardar unos minutos. Mira también en la carpeta de spam.',
      ],
    },
  },
  deadLink: {
    title: {
      expired: 'Este enlace ha caducado',
      invalid: 'Este enlace no es válido',
      incomplete: 'Este enlace está incompleto',
    },
    reason: {
      expired: 'Para proteger tu cuenta, los enlaces solo son válidos durante un tiempo.',
      invalid:
        'Puede que ya se haya usado, que lo haya sustituido otro más reciente o que se haya copiado incompleto.',
      incomplete: 'Falta una parte. Vuelve a abrirlo desde el correo o copia la dirección completa.',
    },
    renew: {
      verification:
        'Si ya has verificado tu dirección, simplemente inicia sesión. Si no, escribe tu correo electrónico y te enviaremos un enlace nuevo para terminar el registro.',
      'password-reset':
        'Escribe tu correo electrónico y te enviaremos un enlace nuevo para elegir una contraseña.',
      'email-change': 'Inicia sesión y vuelve a solicitar el cambio de tu dirección.',
      'email-undo':
        'El cambio de dirección solo se puede deshacer una vez y durante 7 días. Si otra persona controla tu cuenta, contacta con nuestro equipo de soporte.',
    },
    email: 'Correo electrónico',
    request: 'Solicitar un enlace nuevo',
    invalidEmail: 'Escribe una dirección de correo válida, por ejemplo ada@example.com.',
    send: 'Enviar un enlace nuevo',
  },
  faults: {
    passwords_do_not_match: 'Las contraseñas no coinciden. Inténtalo de nuevo.',
    too_short: 'Esta contraseña es demasiado corta. Elige una de al menos {min} caracteres.',
    too_long: 'Esta contraseña es demasiado larga. Elige una de 128 caracteres como máximo.',
    own_words:
      'La contraseña no debe formarse con tu correo, tu nombre de usuario, tu nombre ni el nombre de este servicio. Es mejor usar varias palabras sin relación entre sí.',
    common:
      'Esta contraseña es una de las más comunes o se parece a una. Es mejor usar varias palabras sin relación entre sí.',
    repeated:
      'Esta contraseña repite los mismos caracteres o palabras. Es mejor usar varias palabras sin relación entre sí.',
    sequence:
      'Esta contraseña es una secuencia, como abcd o 1234, o una fecha. Es mejor usar varias palabras sin relación entre sí.',
    guessable: 'Esta contraseña es fácil de adivinar. Alárgala, por ejemplo con otra palabra.',
    breached:
      'Esta contraseña aparece en una filtración de datos. Elige una que nunca hayas usado en otro sitio.',
    password_incorrect: 'Contraseña incorrecta. Inténtalo de nuevo.',
  },
  problems: {
    validation_failed: {
      title: 'Falta algo o no es correcto',
      paragraphs: ['Vuelve atrás, revisa lo que has escrito e inténtalo de nuevo.'],
    },
    unauthenticated: {
      title: 'No has iniciado sesión',
      paragraphs: ['Inicia sesión e inténtalo de nuevo.'],
    },
    insufficient_permission: {
      title: 'No tienes permiso para hacer esto',
      paragraphs: ['Tu cuenta no tiene el permiso necesario.'],
    },
    not_found: { title: 'Página no encontrada', paragraphs: ['Revisa el enlace que te ha traído aquí.'] },
    method_not_allowed: {
      title: 'Esto no funciona aquí',
      paragraphs: ['Vuelve a abrir el enlace de tu correo y continúa desde ahí.'],
    },
    conflict: {
      title: 'Algo ha cambiado mientras tanto',
      paragraphs: ['Vuelve a abrir el enlace de tu correo. Si ya no funciona, solicita uno nuevo.'],
    },
    payload_too_large: {
      title: 'El texto es demasiado largo',
      paragraphs: ['Vuelve atrás, acorta lo que has escrito e inténtalo de nuevo.'],
    },
    unsupported_media_type: {
      title: 'No se puede leer este formulario',
      paragraphs: ['Vuelve a abrir el enlace de tu correo y continúa desde ahí.'],
    },
    rate_limited: {
      title: 'Demasiados intentos',
      paragraphs: ['Para proteger las cuentas, el número de intentos es limitado.'],
    },
    internal: {
      title: 'Algo ha ido mal',
      paragraphs: ['Es un fallo nuestro y ha quedado registrado. Inténtalo de nuevo en unos minutos.'],
    },
    unavailable: {
      title: 'No disponible temporalmente',
      paragraphs: ['Es un fallo nuestro. Inténtalo de nuevo en unos minutos; tu enlace sigue siendo válido.'],
    },
  },
  tryAgainIn: (wait) => `Inténtalo de nuevo en ${wait}.`,
};
