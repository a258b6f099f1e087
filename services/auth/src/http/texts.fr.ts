/** The texts of refusals in French. Missing texts are shown in English. */
import { MAX_PASSWORD_LENGTH, type PasswordFault } from '../passwords/rules.ts';
import type { TextTranslations } from './texts.de.ts';

export const frenchTexts: TextTranslations = {
  'Account Disabled': 'Compte désactivé',
  'Current Password Incorrect': 'Mot de passe incorrect',
  'Email Changed Recently': 'Adresse e-mail modifiée récemment',
  'Email Unchanged': 'Adresse e-mail inchangée',
  'Email Already Registered': 'Adresse e-mail déjà utilisée',
  'Idempotency Key Reused': 'Idempotency-Key réutilisée',
  'Incorrect Password': 'Mot de passe incorrect',
  'Invalid Credentials': 'Identifiants incorrects',
  'Own Account': 'Votre propre compte',
  'Last Admin': 'Dernier administrateur',
  'Password Required': 'Mot de passe requis',
  'Password Too Weak': 'Mot de passe trop faible',
  'Passwords Do Not Match': 'Les mots de passe ne correspondent pas',
  'Invalid Refresh Token': 'Jeton de renouvellement non valide',
  'Token Expired': 'Lien expiré',
  'Invalid Token': 'Lien non valide',
  'Sign in, or reset the password': 'Connectez-vous ou réinitialisez le mot de passe',
  'Send each new request with a new Idempotency-Key':
    'Envoyez chaque nouvelle requête avec une nouvelle Idempotency-Key',
  'Ask another admin': 'Demandez à un autre administrateur',
  'Make another account an admin first': 'Nommez d’abord un autre administrateur',
  'Undo the last change with the link that its previous address got, or wait 7 days':
    'Annulez la dernière modification avec le lien envoyé à l’adresse précédente, ou attendez 7 jours',
  'Send the password of the account, an access token of it, or, for a sign-up, a new password':
    'Envoyez le mot de passe du compte, un jeton d’accès de celui-ci ou, pour une inscription, un nouveau mot de passe',
  'This account has been disabled.': 'Ce compte a été désactivé.',
  'The account is not in a state that allows this, or it was changed at the same time. Try again.':
    'L’état du compte ne le permet pas, ou il a été modifié en même temps. Réessayez.',
  'Incorrect password.': 'Mot de passe incorrect.',
  'The address was changed in the last 7 days, and that can still be undone.':
    'L’adresse a été modifiée au cours des 7 derniers jours, et cette modification peut encore être annulée.',
  'This is already the address of the account.': 'C’est déjà l’adresse de ce compte.',
  'An account with this email address already exists.': 'Un compte existe déjà avec cette adresse e-mail.',
  'This Idempotency-Key was sent with another body.':
    'Cette Idempotency-Key a déjà été envoyée avec un autre contenu.',
  'Incorrect email address or password.': 'Adresse e-mail ou mot de passe incorrect.',
  'There is no such account.': 'Ce compte n’existe pas.',
  'Too many passwords are being checked right now. Try again.':
    'Trop de mots de passe sont en cours de vérification. Réessayez.',
  'This is the last admin: without one, nobody could administer accounts.':
    'C’est le dernier administrateur : sans lui, personne ne pourrait gérer les comptes.',
  'Admins cannot do this to their own account.':
    'Les administrateurs ne peuvent pas faire cela avec leur propre compte.',
  'The link alone is not enough: it also needs the password of the account, an access token of it, or, for a sign-up, a new password.':
    'Le lien seul ne suffit pas : il faut aussi le mot de passe du compte, un jeton d’accès de celui-ci ou, pour une inscription, un nouveau mot de passe.',
  'The passwords do not match.': 'Les mots de passe ne correspondent pas.',
  'The refresh token is invalid or has expired. Sign in again.':
    'Le jeton de renouvellement n’est pas valide ou a expiré. Reconnectez-vous.',
  'There is no such session.': 'Cette session n’existe pas.',
  'This link has expired. Request a new one.': 'Ce lien a expiré. Demandez-en un nouveau.',
  'This link is invalid or has expired. Request a new one.':
    'Ce lien n’est pas valide ou a expiré. Demandez-en un nouveau.',
  'Accounts cannot be reached. Try again.': 'Les comptes ne sont pas accessibles. Réessayez.',
  'The mails of the account cannot be reached. Try again.':
    'Les e-mails du compte ne sont pas accessibles. Réessayez.',
  'This account cannot be read at present.': 'Ce compte ne peut pas être lu pour le moment.',
  'The password {fault}.': 'Le mot de passe {fault}.',
  'A request with the cookie must come from an origin listed in CORS_ORIGINS.':
    'Une requête avec le cookie doit venir d’une origine citée dans CORS_ORIGINS.',
  'must be an email address, such as ada@example.com':
    'doit être une adresse e-mail, par exemple ada@example.com',
  'must be 3 to 32 letters, digits, underscores or hyphens':
    'doit avoir de 3 à 32 lettres, chiffres, tirets ou tirets bas',
  'must be plain text on one line': 'doit être un texte simple sur une ligne',
  'must have 1 to {count} characters besides leading and trailing spaces':
    'doit avoir de 1 à {count} caractères, sans compter les espaces au début et à la fin',
  'must be a language tag, such as en or de-AT': 'doit être un code de langue, par exemple fr ou fr-CA',
  'must not contain control characters': 'ne doit pas contenir de caractères de contrôle',
  'must be a refresh token': 'doit être un jeton de renouvellement',
  'must be 1 to 255 visible ASCII characters': 'doit avoir de 1 à 255 caractères ASCII visibles',
  'is not the nextCursor of an earlier answer': 'n’est pas le nextCursor d’une réponse précédente',
  'is required without an access token': 'est obligatoire sans jeton d’accès',
  'Send the API key of a service client that may introspect.':
    'Envoyez la clé d’API d’un client autorisé à utiliser l’introspection.',
};

/** The texts about each rule for passwords, which complete the sentence "Le mot de passe …". */
export const passwordFaultTexts: Record<PasswordFault, string> = {
  too_short: 'doit avoir au moins {min} caractères',
  too_long: `doit avoir au plus ${MAX_PASSWORD_LENGTH} caractères`,
  own_words:
    'ne doit pas être formé de l’adresse e-mail, du nom d’utilisateur, du prénom, du nom de famille ou du nom de ce service ; préférez plusieurs mots sans rapport entre eux',
  common:
    'ne doit pas être l’un des plus courants ni ressembler à l’un d’eux ; préférez plusieurs mots sans rapport entre eux',
  repeated:
    'ne doit pas répéter les mêmes caractères ou les mêmes mots ; préférez plusieurs mots sans rapport entre eux',
  sequence:
    'ne doit être ni une suite, comme abcd ou 1234, ni une date ; préférez plusieurs mots sans rapport entre eux',
  guessable: 'est facile à deviner ; allongez-le, par exemple avec un mot de plus',
  breached: 'figure dans une fuite de données ; choisissez-en un que vous n’avez jamais utilisé ailleurs',
};
