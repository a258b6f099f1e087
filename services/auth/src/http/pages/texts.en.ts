import type { Texts } from './texts.ts';

export const en: Texts = {
  faultPrefix: 'Error:',
  username: 'Username',
  verification: {
    title: 'Verify your email',
    lead: 'Someone signed up with your email address. If it was you, confirm that the address is yours.',
    signedUp: 'Signed up',
    passwordLead: 'Enter the password that you chose when you signed up.',
    password: 'Password',
    confirm: 'Verify email',
    choose: 'Choose a new password instead',
    chooseLead:
      'If you forgot the password, or did not choose it yourself, choose a new one. It replaces the old one, and signs out everyone who used it.',
    chooseAndConfirm: 'Set password and verify email',
    stranger: 'Was this not you?',
    strangerLead: 'Cancel this sign-up, and nobody can use your address through it.',
    reject: 'This was not me',
  },
  rejection: {
    title: 'Cancel this sign-up?',
    lead: 'The account will be closed, and the links in our emails will stop working. This cannot be undone.',
    confirm: 'Yes, cancel the sign-up',
    back: 'Go back',
  },
  alreadyVerified: {
    title: 'Your email is already verified',
    paragraphs: ['There is nothing left to do. You can close this page and sign in.'],
  },
  verified: {
    title: 'Your email is verified',
    paragraphs: ['Thank you. Your account is ready. You can close this page and sign in.'],
  },
  rejected: {
    title: 'The sign-up has been cancelled',
    paragraphs: [
      'Thank you for telling us. Nobody can use your address through this sign-up.',
      'There is nothing else to do. You can close this page.',
    ],
  },
  reset: {
    again: {
      title: 'Choose a new password',
      lead: 'You will be signed out everywhere else.',
      button: 'Set new password',
    },
    first: {
      title: 'Choose a password',
      lead: 'This also confirms that the email address is yours.',
      button: 'Set password',
    },
    account: 'Account',
    newPassword: 'New password',
    hint: 'At least 8 characters. A few unrelated words make a good password.',
    confirmNewPassword: 'Repeat the new password',
  },
  resetDone: {
    again: {
      title: 'Your password has been changed',
      paragraphs: [
        'You have been signed out everywhere. You can close this page and sign in with the new password.',
      ],
    },
    first: {
      title: 'Your account is ready',
      paragraphs: ['Your email is verified and your password is set. You can close this page and sign in.'],
    },
  },
  requested: {
    verification: {
      title: 'Check your inbox',
      paragraphs: [
        'If there is an account to verify for this address, an email with a new link is on its way.',
        'It may take a few minutes. Check your spam folder as well.',
      ],
    },
    'password-reset': {
      title: 'Check your inbox',
      paragraphs: [
        'If there is an account for this address, an email with a link to choose a new password is on its way.',
        'It may take a few minutes. Check your spam folder as well.',
      ],
    },
  },
  deadLink: {
    title: { expired: 'This link has expired', invalid: 'This link is invalid' },
    reason: {
      expired: 'Links are valid for a limited time, to keep your account safe.',
      invalid: 'It may have been used already, replaced by a newer one, or copied incompletely.',
    },
    renew: {
      verification: 'Enter your email address, and we will send you a new link to finish your sign-up.',
      'password-reset': 'Enter your email address, and we will send you a new link to choose a password.',
    },
    email: 'Email address',
    send: 'Send a new link',
  },
  faults: {
    passwords_do_not_match: 'The passwords do not match. Try again.',
    too_short: 'This password is too short. Choose one with at least 8 characters.',
    too_long: 'This password is too long. Choose one with at most 128 characters.',
    own_words: 'The password must not be your email address or username.',
    common: 'This is one of the most common passwords. Choose another one.',
    password_required: 'Incorrect password. Try again, or choose a new one below.',
  },
  problems: {
    validation_failed: {
      title: 'Something is missing or incorrect',
      paragraphs: ['Go back, check what you entered, and try again.'],
    },
    unauthenticated: { title: 'You are not signed in', paragraphs: ['Sign in, and try again.'] },
    insufficient_permission: {
      title: 'You are not allowed to do this',
      paragraphs: ['Your account does not have the necessary permission.'],
    },
    not_found: { title: 'Page not found', paragraphs: ['Check the link that brought you here.'] },
    method_not_allowed: {
      title: 'This does not work here',
      paragraphs: ['Open the link in your email again, and continue from there.'],
    },
    conflict: {
      title: 'Something has changed in the meantime',
      paragraphs: ['Open the link in your email again. If it no longer works, request a new one.'],
    },
    payload_too_large: {
      title: 'That was too much text',
      paragraphs: ['Go back, shorten what you entered, and try again.'],
    },
    unsupported_media_type: {
      title: 'This form cannot be read',
      paragraphs: ['Open the link in your email again, and continue from there.'],
    },
    rate_limited: {
      title: 'Too many attempts',
      paragraphs: ['To keep accounts safe, the number of attempts is limited.'],
    },
    internal: {
      title: 'Something went wrong',
      paragraphs: ['This is our fault, and it has been logged. Try again in a few minutes.'],
    },
    unavailable: {
      title: 'Temporarily unavailable',
      paragraphs: ['This is our fault. Try again in a few minutes; your link remains valid.'],
    },
  },
  tryAgainIn: (wait) => `Try again in ${wait}.`,
};
