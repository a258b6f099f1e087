/** The translations of the user service's error messages. */
import { mergeTranslations } from '@latchkey/http';
import { guardTexts } from '@latchkey/tokens';
import type { unavailableDetailTexts } from './problems.ts';

/** German translations of `unavailableDetailTexts`. The type makes the compiler report a missing translation. */
const unavailable: Record<(typeof unavailableDetailTexts)[keyof typeof unavailableDetailTexts], string> = {
  'The read model has not caught up yet. Try again.':
    'Die Daten sind noch nicht auf dem neuesten Stand. Versuchen Sie es noch einmal.',
  'Too many requests are waiting for the read model. Try again.':
    'Zu viele Anfragen warten auf neue Daten. Versuchen Sie es noch einmal.',
  'This account is being repaired. Try again later.':
    'Dieses Konto wird gerade repariert. Versuchen Sie es später noch einmal.',
  'Profiles cannot be reached. Try again.':
    'Die Profile sind gerade nicht erreichbar. Versuchen Sie es noch einmal.',
};

export const userTexts = mergeTranslations(guardTexts, {
  de: {
    ...unavailable,
    'The header Account-Sequence is malformed.': 'Die Kopfzeile Account-Sequence ist fehlerhaft.',
    'must be <account id>:<sequence>': 'muss <Konto-Id>:<Sequenz> sein',
    'must be 1 to 63 letters, digits, dots, underscores or hyphens':
      'muss aus 1 bis 63 Buchstaben, Ziffern, Punkten, Unterstrichen oder Bindestrichen bestehen',
    'must be an absolute URL in ASCII': 'muss eine vollständige URL in ASCII sein',
    'must be an absolute URL of at most 2000 characters':
      'muss eine vollständige URL mit höchstens 2000 Zeichen sein',
    'must begin with https://': 'muss mit https:// beginnen',
    'must not contain a user or a password': 'darf weder Benutzer noch Passwort enthalten',
    'must not have a fragment (#…)': 'darf kein Fragment (#…) haben',
    'must not lead to a private address': 'darf nicht zu einer privaten Adresse führen',
    'must be later than since': 'muss nach since liegen',
    'There are already {count} webhooks, which is the maximum.':
      'Es gibt {count} Webhooks, mehr sind nicht möglich.',
    'Send the API key of a client that may read events: Authorization: Bearer <key>.':
      'Senden Sie den API-Schlüssel eines Clients, der Ereignisse lesen darf: Authorization: Bearer <key>.',
    'Keys cannot be checked. Try again.':
      'Die Schlüssel können gerade nicht geprüft werden. Versuchen Sie es noch einmal.',
    '{count} secrets are valid, which is the maximum. Wait until one of them expires, or rotate without an overlap.':
      '{count} Geheimnisse sind gültig, mehr sind nicht möglich. Warten Sie, bis eines davon abläuft, oder ersetzen Sie es ohne Überlappung.',
    'The webhook has not reached the end of the log yet. Try again once the user service has read the log.':
      'Der Webhook hat das Ende des Logs noch nicht erreicht. Versuchen Sie es noch einmal, sobald der User-Service das Log gelesen hat.',
    '{count} redrives are in progress, which is the maximum. Wait until they are complete.':
      '{count} Wiederholungen laufen gerade, mehr sind nicht möglich. Warten Sie, bis sie abgeschlossen sind.',
    'WEBHOOK_SECRET_KEY does not open the secret of webhook {id}. Use the key of the user service.':
      'WEBHOOK_SECRET_KEY öffnet das Geheimnis des Webhooks {id} nicht. Verwenden Sie den Schlüssel des User-Service.',
    'Secrets cannot be sealed, because WEBHOOK_SECRET_KEY is not set.':
      'Geheimnisse können nicht verschlüsselt werden, weil WEBHOOK_SECRET_KEY nicht gesetzt ist.',
    'The webhook was paused before it had reached the end of the log. Resume it, then try again.':
      'Der Webhook wurde angehalten, bevor er das Ende des Logs erreicht hatte. Setzen Sie ihn fort, und versuchen Sie es danach noch einmal.',
  },
  fr: {
    'The read model has not caught up yet. Try again.': 'Les données ne sont pas encore à jour. Réessayez.',
    'Too many requests are waiting for the read model. Try again.':
      'Trop de requêtes attendent des données à jour. Réessayez.',
    'This account is being repaired. Try again later.':
      'Ce compte est en cours de réparation. Réessayez plus tard.',
    'Profiles cannot be reached. Try again.': 'Les profils ne sont pas accessibles. Réessayez.',
    'The header Account-Sequence is malformed.': 'L’en-tête Account-Sequence est mal formé.',
    'must be <account id>:<sequence>': 'doit être <id du compte>:<séquence>',
    'must be 1 to 63 letters, digits, dots, underscores or hyphens':
      'doit avoir de 1 à 63 lettres, chiffres, points, tirets bas ou tirets',
    'must be an absolute URL in ASCII': 'doit être une URL absolue en ASCII',
    'must be an absolute URL of at most 2000 characters':
      'doit être une URL absolue d’au plus 2000 caractères',
    'must begin with https://': 'doit commencer par https://',
    'must not contain a user or a password': 'ne doit contenir ni utilisateur ni mot de passe',
    'must not have a fragment (#…)': 'ne doit pas avoir de fragment (#…)',
    'must not lead to a private address': 'ne doit pas mener à une adresse privée',
    'must be later than since': 'doit être postérieur à since',
    'There are already {count} webhooks, which is the maximum.':
      'Il y a {count} webhooks, ce qui est le maximum.',
    'Send the API key of a client that may read events: Authorization: Bearer <key>.':
      'Envoyez la clé d’API d’un client autorisé à lire les événements : Authorization: Bearer <key>.',
    'Keys cannot be checked. Try again.': 'Les clés ne peuvent pas être vérifiées. Réessayez.',
    '{count} secrets are valid, which is the maximum. Wait until one of them expires, or rotate without an overlap.':
      '{count} secrets sont valides, ce qui est le maximum. Attendez que l’un d’eux expire, ou remplacez-le sans chevauchement.',
    'The webhook has not reached the end of the log yet. Try again once the user service has read the log.':
      'Le webhook n’a pas encore atteint la fin du journal. Réessayez une fois que le service user aura lu le journal.',
    '{count} redrives are in progress, which is the maximum. Wait until they are complete.':
      '{count} renvois sont en cours, ce qui est le maximum. Attendez qu’ils soient terminés.',
    'WEBHOOK_SECRET_KEY does not open the secret of webhook {id}. Use the key of the user service.':
      'WEBHOOK_SECRET_KEY n’ouvre pas le secret du webhook {id}. Utilisez la clé du service user.',
    'Secrets cannot be sealed, because WEBHOOK_SECRET_KEY is not set.':
      'Les secrets ne peuvent pas être chiffrés, car WEBHOOK_SECRET_KEY n’est pas défini.',
    'The webhook was paused before it had reached the end of the log. Resume it, then try again.':
      'Le webhook a été suspendu avant d’avoir atteint la fin du journal. Reprenez-le, puis réessayez.',
  },
  es: {
    'The read model has not caught up yet. Try again.':
      'Los datos aún no están actualizados. Inténtalo de nuevo.',
    'Too many requests are waiting for the read model. Try again.':
      'Demasiadas solicitudes esperan datos actualizados. Inténtalo de nuevo.',
    'This account is being repaired. Try again later.': 'Esta cuenta se está reparando. Inténtalo más tarde.',
    'Profiles cannot be reached. Try again.': 'No se puede acceder a los perfiles. Inténtalo de nuevo.',
    'The header Account-Sequence is malformed.': 'La cabecera Account-Sequence no es correcta.',
    'must be <account id>:<sequence>': 'debe ser <id de la cuenta>:<secuencia>',
    'must be 1 to 63 letters, digits, dots, underscores or hyphens':
      'debe tener de 1 a 63 letras, cifras, puntos, guiones bajos o guiones',
    'must be an absolute URL in ASCII': 'debe ser una URL absoluta en ASCII',
    'must be an absolute URL of at most 2000 characters':
      'debe ser una URL absoluta de 2000 caracteres como máximo',
    'must begin with https://': 'debe empezar por https://',
    'must not contain a user or a password': 'no debe contener usuario ni contraseña',
    'must not have a fragment (#…)': 'no debe tener un fragmento (#…)',
    'must not lead to a private address': 'no debe llevar a una dirección privada',
    'must be later than since': 'debe ser posterior a since',
    'There are already {count} webhooks, which is the maximum.': 'Hay {count} webhooks, que es el máximo.',
    'Send the API key of a client that may read events: Authorization: Bearer <key>.':
      'Envía la clave de API de un cliente que pueda leer los eventos: Authorization: Bearer <key>.',
    'Keys cannot be checked. Try again.': 'Las claves no se pueden comprobar. Inténtalo de nuevo.',
    '{count} secrets are valid, which is the maximum. Wait until one of them expires, or rotate without an overlap.':
      'Hay {count} secretos válidos, que es el máximo. Espera a que caduque uno de ellos, o cámbialo sin solapamiento.',
    'The webhook has not reached the end of the log yet. Try again once the user service has read the log.':
      'El webhook aún no ha llegado al final del registro. Inténtalo de nuevo cuando el servicio user haya leído el registro.',
    '{count} redrives are in progress, which is the maximum. Wait until they are complete.':
      'Hay {count} reenvíos en curso, que es el máximo. Espera a que terminen.',
    'WEBHOOK_SECRET_KEY does not open the secret of webhook {id}. Use the key of the user service.':
      'WEBHOOK_SECRET_KEY no abre el secreto del webhook {id}. Usa la clave del servicio user.',
    'Secrets cannot be sealed, because WEBHOOK_SECRET_KEY is not set.':
      'Los secretos no se pueden cifrar, porque falta WEBHOOK_SECRET_KEY.',
    'The webhook was paused before it had reached the end of the log. Resume it, then try again.':
      'El webhook se pausó antes de llegar al final del registro. Reanúdalo e inténtalo de nuevo.',
  },
  pt: {
    'The read model has not caught up yet. Try again.':
      'Os dados ainda não estão atualizados. Tente novamente.',
    'Too many requests are waiting for the read model. Try again.':
      'Muitas requisições aguardam dados atualizados. Tente novamente.',
    'This account is being repaired. Try again later.':
      'Esta conta está sendo reparada. Tente novamente mais tarde.',
    'Profiles cannot be reached. Try again.': 'Não é possível acessar os perfis. Tente novamente.',
    'The header Account-Sequence is malformed.': 'O cabeçalho Account-Sequence está malformado.',
    'must be <account id>:<sequence>': 'deve ser <id da conta>:<sequência>',
    'must be 1 to 63 letters, digits, dots, underscores or hyphens':
      'deve ter de 1 a 63 letras, algarismos, pontos, sublinhados ou hifens',
    'must be an absolute URL in ASCII': 'deve ser uma URL absoluta em ASCII',
    'must be an absolute URL of at most 2000 characters':
      'deve ser uma URL absoluta de no máximo 2000 caracteres',
    'must begin with https://': 'deve começar com https://',
    'must not contain a user or a password': 'não deve conter usuário nem senha',
    'must not have a fragment (#…)': 'não deve ter um fragmento (#…)',
    'must not lead to a private address': 'não deve levar a um endereço privado',
    'must be later than since': 'deve ser posterior a since',
    'There are already {count} webhooks, which is the maximum.': 'Há {count} webhooks, que é o máximo.',
    'Send the API key of a client that may read events: Authorization: Bearer <key>.':
      'Envie a chave de API de um cliente que possa ler os eventos: Authorization: Bearer <key>.',
    'Keys cannot be checked. Try again.': 'As chaves não podem ser verificadas. Tente novamente.',
    '{count} secrets are valid, which is the maximum. Wait until one of them expires, or rotate without an overlap.':
      'Há {count} segredos válidos, que é o máximo. Espere até que um deles expire, ou troque-o sem sobreposição.',
    'The webhook has not reached the end of the log yet. Try again once the user service has read the log.':
      'O webhook ainda não chegou ao fim do log. Tente novamente quando o serviço user tiver lido o log.',
    '{count} redrives are in progress, which is the maximum. Wait until they are complete.':
      'Há {count} reenvios em andamento, que é o máximo. Espere até que terminem.',
    'WEBHOOK_SECRET_KEY does not open the secret of webhook {id}. Use the key of the user service.':
      'WEBHOOK_SECRET_KEY não abre o segredo do webhook {id}. Use a chave do serviço user.',
    'Secrets cannot be sealed, because WEBHOOK_SECRET_KEY is not set.':
      'Os segredos não podem ser cifrados, porque WEBHOOK_SECRET_KEY não está definido.',
    'The webhook was paused before it had reached the end of the log. Resume it, then try again.':
      'O webhook foi pausado antes de chegar ao fim do log. Retome-o e tente novamente.',
  },
});
