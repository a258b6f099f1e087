/** Determines the browser and operating system from the User-Agent header. */
import Bowser from 'bowser';

export interface ClientDevice {
  readonly browser?: string;
  readonly system?: string;
}

/**
 * The allowed names of browsers and systems. All other names are dropped, because a stranger can send any
 * User-Agent header and so inject text into a mail.
 */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 .+-]{0,39}$/;

/** Returns the browser and the operating system, without versions, because versions change too often. */
export function detectBrowserAndSystem(userAgent: string): ClientDevice {
  if (userAgent === '') return {};
  const { browser, os } = Bowser.parse(userAgent);
  return {
    ...(isName(browser.name) && { browser: browser.name }),
    ...(isName(os.name) && { system: os.name }),
  };
}

function isName(name: string | undefined): name is string {
  return name !== undefined && NAME.test(name);
}
