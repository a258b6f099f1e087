/** The texts of refusals in languages other than English: `{language: {English: translation}}`. */
export const guardTexts = {
  de: {
    'Authentication Required': 'Login erforderlich',
    'Insufficient Permission': 'Fehlende Berechtigung',
    'Service Unavailable': 'Vorübergehend nicht verfügbar',
    'It is not known yet which access tokens were revoked. Try again.':
      'Es ist noch nicht bekannt, welche Access-Token widerrufen wurden. Versuchen Sie es noch einmal.',
    'Account Not Verified': 'Konto nicht bestätigt',
    'Please check your email for verification details':
      'Bestätigen Sie Ihr Konto mit dem Link in der E-Mail, die Sie bekommen haben',
    'Send an access token: Authorization: Bearer <token>.':
      'Senden Sie ein Access-Token: Authorization: Bearer <token>.',
    'The access token is invalid or has expired. Sign in or refresh, then try again.':
      'Das Access-Token ist ungültig oder abgelaufen. Loggen Sie sich ein oder erneuern Sie es, und versuchen Sie es noch einmal.',
    'Access tokens cannot be checked at the moment.': 'Access-Token können im Moment nicht geprüft werden.',
  },
  fr: {
    'Authentication Required': 'Connexion requise',
    'Insufficient Permission': 'Droits insuffisants',
    'Service Unavailable': 'Temporairement indisponible',
    'It is not known yet which access tokens were revoked. Try again.':
      'On ne sait pas encore quels jetons d’accès ont été révoqués. Réessayez.',
    'Account Not Verified': 'Compte non confirmé',
    'Please check your email for verification details':
      'Confirmez votre compte avec le lien de l’e-mail que vous avez reçu',
    'Send an access token: Authorization: Bearer <token>.':
      'Envoyez un jeton d’accès : Authorization: Bearer <token>.',
    'The access token is invalid or has expired. Sign in or refresh, then try again.':
      'Le jeton d’accès n’est pas valide ou a expiré. Connectez-vous ou renouvelez-le, puis réessayez.',
    'Access tokens cannot be checked at the moment.':
      'Les jetons d’accès ne peuvent pas être vérifiés pour le moment.',
  },
  es: {
    'Authentication Required': 'Es necesario iniciar sesión',
    'Insufficient Permission': 'Permiso insuficiente',
    'Service Unavailable': 'No disponible temporalmente',
    'It is not known yet which access tokens were revoked. Try again.':
      'Aún no se sabe qué tokens de acceso se han revocado. Inténtalo de nuevo.',
    'Account Not Verified': 'Cuenta sin verificar',
    'Please check your email for verification details':
      'Verifica tu cuenta con el enlace del correo que has recibido',
    'Send an access token: Authorization: Bearer <token>.':
      'Envía un token de acceso: Authorization: Bearer <token>.',
    'The access token is invalid or has expired. Sign in or refresh, then try again.':
      'El token de acceso no es válido o ha caducado. Inicia sesión o renuévalo, e inténtalo de nuevo.',
    'Access tokens cannot be checked at the moment.':
      'Los tokens de acceso no se pueden comprobar en este momento.',
  },
  pt: {
    'Authentication Required': 'É preciso entrar',
    'Insufficient Permission': 'Permissão insuficiente',
    'Service Unavailable': 'Temporariamente indisponível',
    'It is not known yet which access tokens were revoked. Try again.':
      'Ainda não se sabe quais tokens de acesso foram revogados. Tente novamente.',
    'Account Not Verified': 'Conta não confirmada',
    'Please check your email for verification details':
      'Confirme sua conta com o link do e-mail que você recebeu',
    'Send an access token: Authorization: Bearer <token>.':
      'Envie um token de acesso: Authorization: Bearer <token>.',
    'The access token is invalid or has expired. Sign in or refresh, then try again.':
      'O token de acesso é inválido ou expirou. Entre ou renove-o e tente novamente.',
    'Access tokens cannot be checked at the moment.':
      'Os tokens de acesso não podem ser verificados no momento.',
  },
};
