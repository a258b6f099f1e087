import type { Texts } from './texts.ts';

export const en: Texts = {
  faultPrefix: 'Error:',
  username: 'Username',
  verification: {
    title: 'Verify your email',
    lead: 'Somebody signed up with your email address. If it was you, confirm that the address is yours.',
    signedUp: 'Signed up',
    contested:
      'There is more than one sign-up with this address. To confirm this one, enter the password that was chosen for it.',
    password: 'Password of this sign-up',
    confirm: 'Verify email',
    stranger: 'Was this not you?',
    strangerLead: 'Then end this sign-up. Nobody will be able to use your address through it.',
    reject: 'This was not me',
  },
  alreadyVerified: {
    title: 'Your email is verified already',
    paragraphs: ['There is nothing left to do. You can close this page and log in.'],
  },
  verified: {
    title: 'Your email is verified',
    paragraphs: ['Thank you. Your account is ready. You can close this page and log in.'],
  },
  rejected: {
    title: 'The sign-up has been ended',
    paragraphs: [
      'Thank you for telling us. Nobody can use your address through this sign-up any more.',
      'There is nothing else that you have to do. You can close this page.',
    ],
  },
  reset: {
    again: {
      title: 'Choose a new password',
      lead: 'You will be logged out everywhere else.',
      button: 'Set new password',
    },
    first: {
      title: 'Choose a password',
      lead: 'This also confirms that the email address is yours.',
      button: 'Set password',
    },
    account: 'Account',
    newPassword: 'New password',
    hint: 'At least 8 characters. A few unrelated words make a good one.',
    confirmNewPassword: 'The same password again',
  },
  resetDone: {
    again: {
      title: 'Your password has been changed',
      paragraphs: [
        'You have been logged out everywhere. You can close this page and log in with the new password.',
      ],
    },
    first: {
      title: 'Your account is ready',
      paragraphs: ['Your email is verified and your password is set. You can close this page and log in.'],
    },
  },
  requested: {
    verification: {
      title: 'Check your inbox',
      paragraphs: [
        'If there is an account for this address that is waiting to be verified, a mail with a new link is on its way.',
        'It may take a few minutes. If you cannot find it, look among the spam as well.',
      ],
    },
    'password-reset': {
      title: 'Check your inbox',
      paragraphs: [
        'If there is an account for this address, a mail with a link to choose a new password is on its way.',
        'It may take a few minutes. If you cannot find it, look among the spam as well.',
      ],
    },
  },
  deadLink: {
    title: { expired: 'This link has expired', invalid: 'This link does not work' },
    reason: {
      expired: 'Links work only for a while, to keep your account safe.',
      invalid: 'It was used before, replaced by a newer one, or cut off on its way.',
    },
    renew: {
      verification: 'Enter your email address, and we will send you a new link to finish your sign-up.',
      'password-reset': 'Enter your email address, and we will send you a new link to choose a password.',
    },
    email: 'Email address',
    send: 'Send a new link',
  },
  faults: {
    passwords_do_not_match: 'The two passwords are not the same. Type them again.',
    too_short: 'This password is too short. Choose one with at least 8 characters.',
    too_long: 'This password is too long. Choose one with at most 128 characters.',
    own_words: 'The password must be neither your email address nor your username.',
    common: 'This is one of the most common passwords. Choose another one.',
    password_required: 'The password of this sign-up is needed. Check that it is the one chosen for it.',
  },
  problems: {
    validation_failed: {
      title: 'Something is missing or mistyped',
      paragraphs: ['Go back, check what you entered, and try again.'],
    },
    unauthenticated: { title: 'You are not logged in', paragraphs: ['Log in, and try again.'] },
    insufficient_permission: {
      title: 'You may not do this',
      paragraphs: ['Your account does not have the permission that is needed.'],
    },
    not_found: { title: 'There is nothing here', paragraphs: ['Check the link that brought you here.'] },
    method_not_allowed: {
      title: 'This does not work here',
      paragraphs: ['Open the link in your mail again, and go on from there.'],
    },
    conflict: {
      title: 'Something has changed meanwhile',
      paragraphs: ['Open the link in your mail again. If it does not work any more, ask for a new one.'],
    },
    payload_too_large: {
      title: 'That was too much text',
      paragraphs: ['Go back, shorten what you entered, and try again.'],
    },
    unsupported_media_type: {
      title: 'This form cannot be read',
      paragraphs: ['Open the link in your mail again, and go on from there.'],
    },
    rate_limited: {
      title: 'Too many attempts',
      paragraphs: ['To keep accounts safe, you can only try so often in a short time.'],
    },
    internal: {
      title: 'Something went wrong',
      paragraphs: ['The fault is ours, and it has been recorded. Try again in a few minutes.'],
    },
    unavailable: {
      title: 'This does not work just now',
      paragraphs: ['The fault is ours. Try again in a few minutes; your link stays as it is.'],
    },
  },
  tryAgainIn: (wait) => `Try again in ${wait}.`,
};
