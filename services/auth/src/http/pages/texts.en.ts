import type { PageTexts } from './texts.ts';

export const englishPageTexts: PageTexts = {
  faultPrefix: 'Error:',
  username: 'Username',
  showPassword: 'Show',
  hidePassword: 'Hide',
  onward: 'Continue to {brand}',
  startPage: 'Go to the start page',
  home: {
    title: '{brand}',
    paragraphs: ['This address handles sign-ups, sign-ins and passwords for {brand}.'],
    closing: 'To sign in, open the app or website itself.',
    ask: {
      title: 'Do you need a new password?',
      lead: 'Enter your email address, and we will send you a link to choose one.',
      send: 'Send a link',
    },
  },
  verification: {
    title: 'Verify your email',
    lead: 'Someone signed up with your email address. If it was you, confirm that the address is yours.',
    signedUp: 'Signed up',
    passwordLead: 'Enter the password that you chose when you signed up.',
    password: 'Password',
    wrongPassword: 'Incorrect password. Try again, or choose a new one below.',
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
    paragraphs: ['There is nothing left to do.'],
    closing: 'You can close this page and sign in.',
  },
  verified: {
    title: 'Your email is verified',
    paragraphs: ['Thank you. Your account is ready.'],
    closing: 'You can close this page and sign in.',
  },
  rejected: {
    title: 'The sign-up has been canceled',
    paragraphs: [
      'Thank you for telling us. Nobody can use your address through this sign-up.',
      'There is nothing else to do. You can close this page.',
    ],
  },
  reset: {
    again: {
      title: 'Choose a new password',
      lead: 'You will be signed out everywhere.',
      button: 'Set new password',
    },
    first: {
      title: 'Choose a password',
      lead: 'This also confirms that the email address is yours.',
      button: 'Set password',
    },
    account: 'Account',
    newPassword: 'New password',
    hint: 'At least {min} characters. A few unrelated words make a good password.',
    confirmNewPassword: 'Repeat the new password',
  },
  emailChange: {
    title: 'Confirm your new email address',
    lead: 'From then on, you sign in with this address. Enter the password of your account.',
    newEmail: 'New email address',
    password: 'Password',
    confirm: 'Confirm address',
  },
  emailChanged: {
    title: 'Your email address has been changed',
    paragraphs: [
      'From now on, sign in with the new address and the same password.',
      'We have sent a link to your previous address that undoes the change for 7 days.',
    ],
    closing: 'You can close this page and sign in.',
  },
  emailUndo: {
    title: 'Undo the change of your email address',
    lead: 'Your account gets this address back. Choose a new password: everyone is signed out, and the old password stops working.',
    button: 'Get my account back',
    changedTo: 'Changed to',
    ignore: 'If you changed the address yourself, close this page: nothing changes.',
  },
  emailUndone: {
    title: 'Your account has its previous address again',
    paragraphs: ['Everyone has been signed out.'],
    closing: 'You can close this page and sign in with the new password.',
  },
  resetDone: {
    again: {
      title: 'Your password has been changed',
      paragraphs: ['You have been signed out everywhere.'],
      closing: 'You can close this page and sign in with the new password.',
    },
    first: {
      title: 'Your account is ready',
      paragraphs: ['Your email is verified and your password is set.'],
      closing: 'You can close this page and sign in.',
    },
  },
  erasure: {
    title: 'Keep your account?',
    lead: 'Your account is about to be erased. You can still keep it.',
    erasedOn: 'Erased on',
    keep: 'Keep my account',
    ignore: 'If you want the account to be erased, there is nothing to do. You can close this page.',
    canceled: {
      title: 'Your account stays',
      paragraphs: [
        'It will not be erased.',
        'If neither you nor an administrator asked for this, someone may know your password: choose a new one.',
      ],
      closing: 'You can close this page and sign in again.',
    },
    dead: {
      title: 'This link no longer works',
      paragraphs: [
        'The account is no longer waiting to be erased, it has been erased already, or a newer email has replaced this link. If you are not sure, open the link in the latest email.',
      ],
    },
    stillDue:
      'Nothing has changed yet: your account will be erased on the date in the email, unless you keep it.',
    newPassword: 'Choose a new password',
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
    title: {
      expired: 'This link has expired',
      invalid: 'This link is invalid',
      incomplete: 'This link is incomplete',
    },
    reason: {
      expired: 'Links are valid for a limited time, to keep your account safe.',
      invalid: 'It may have been used already, replaced by a newer one, or copied incompletely.',
      incomplete: 'Part of it is missing. Open it again from the email, or copy the whole address.',
    },
    renew: {
      verification:
        'If you have verified your address already, just sign in. Otherwise, enter your email address, and we will send you a new link to finish your sign-up.',
      'password-reset': 'Enter your email address, and we will send you a new link to choose a password.',
      'email-change': 'Sign in, and request the change of your address again.',
      'email-undo':
        'A change of address can be undone only once, within 7 days. If someone else has your account, contact our support.',
    },
    email: 'Email address',
    request: 'Request a new link',
    invalidEmail: 'Enter a valid email address, such as ada@example.com.',
    send: 'Send a new link',
  },
  faults: {
    passwords_do_not_match: 'The passwords do not match. Try again.',
    too_short: 'This password is too short. Choose one with at least {min} characters.',
    too_long: 'This password is too long. Choose one with at most 128 characters.',
    own_words:
      'The password must not be made of your email address, your username, your name or the name of this service. A few unrelated words are better.',
    common: 'This is, or resembles, one of the most common passwords. A few unrelated words are better.',
    repeated: 'This password repeats the same characters or words. A few unrelated words are better.',
    sequence: 'This password is a sequence, such as abcd, 1234 or a date. A few unrelated words are better.',
    guessable: 'This password is easy to guess. Make it longer, for example with another word.',
    breached: 'This password is known from a data breach. Choose one that you have never used elsewhere.',
    password_incorrect: 'Incorrect password. Try again.',
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
