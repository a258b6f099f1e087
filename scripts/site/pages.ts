/** The pages of the documentation site: the Markdown file of each page, and its place in the sidebar. */
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface SitePage {
  /** The path of the Markdown file, relative to the root of the repository. */
  readonly source: string;
  /** The address of the page on the documentation site, without a leading slash or a file extension. */
  readonly address: string;
  /** The title of the page in the sidebar of the documentation site. */
  readonly label: string;
}

export interface SiteSection {
  readonly label: string;
  readonly pages: readonly SitePage[];
  /** Whether the section of the sidebar is collapsed when the sidebar is first shown. */
  readonly collapsed?: boolean;
}

export const REPOSITORY_ROOT = join(import.meta.dirname, '..', '..');

/** The addresses of pages of the documentation site that are generated rather than copied from a Markdown file. */
export const HTTP_REFERENCE_PATH = 'reference/http';
export const EVENT_REFERENCE_PATH = 'reference/event-schemas';

function page(address: string, source: string, label: string): SitePage {
  return { address, source, label };
}

function decisions(): readonly SitePage[] {
  const names = globSync('docs/adr/[0-9]*.md', { cwd: REPOSITORY_ROOT }).toSorted();
  return names.map((source) => {
    const name = basename(source, '.md');
    const [number = '', ...words] = name.split('-');
    const title = words.join(' ').replace(/^./, (first) => first.toUpperCase());
    return page(`explanation/decisions/${name}`, source, `${Number(number)}. ${title}`);
  });
}

/** The sections of the sidebar, arranged by Diátaxis: tutorials, how-to guides, reference, explanation. */
export const siteSections: readonly SiteSection[] = [
  {
    label: 'Tutorials',
    pages: [
      page('index', 'README.md', 'Latchkey'),
      page('tutorials/getting-started', 'docs/getting-started.md', 'Getting started'),
      page('tutorials/subscriber', 'examples/subscriber/README.md', 'A service that subscribes'),
    ],
  },
  {
    label: 'How-to guides',
    pages: [
      page('how-to/subscribe', 'docs/subscribing.md', 'Subscribe to the events'),
      page('how-to/feed', 'docs/feed.md', 'Read the feed'),
      page('how-to/webhooks', 'docs/webhooks.md', 'Receive webhooks'),
      page('how-to/guard', 'docs/guards.md', 'Guard routes of your own'),
      page('how-to/client', 'docs/client.md', 'Write a client app'),
      page('how-to/gateways', 'docs/gateways.md', 'Put it behind your gateway'),
      page('how-to/compose', 'docs/compose.md', 'Run it with Docker Compose'),
      page('how-to/backups', 'docs/backups.md', 'Back up and restore'),
      page('how-to/erasure', 'docs/erasure.md', 'Erase people'),
      page('how-to/export', 'docs/export.md', 'Export an account'),
      page('how-to/operate', 'docs/operating.md', 'Run it on your own servers'),
      page('how-to/least-privilege', 'docs/least-privilege.md', 'Least privilege'),
      page('how-to/mail', 'docs/mail.md', 'Set up mail'),
      page('how-to/branding', 'docs/branding.md', 'Branding and languages'),
      page('how-to/siem', 'docs/siem.md', 'Security events in a SIEM'),
      page('how-to/move', 'docs/moving.md', 'Move from embedded to cluster'),
      page('how-to/upgrade', 'docs/upgrading.md', 'Upgrade'),
      page('how-to/contribute', 'CONTRIBUTING.md', 'Contribute'),
    ],
  },
  {
    label: 'Reference',
    pages: [
      page('reference/api', 'docs/api.md', 'API'),
      page('reference/events', 'docs/events.md', 'Events'),
      page('reference/events-package', 'libs/events/README.md', '@latchkey/events'),
      page('reference/settings', 'docs/config.md', 'Settings'),
      page('reference/ops', 'docs/ops.md', 'Commands for operators'),
      page('reference/folders', 'docs/find-your-way.md', 'How to find your way'),
      page('reference/changelog', 'CHANGELOG.md', 'Changelog'),
    ],
  },
  {
    label: 'Explanation',
    pages: [
      page('explanation/architecture', 'ARCHITECTURE.md', 'Architecture'),
      page('explanation/notifier', 'services/notifier/README.md', 'The notifier'),
      page('explanation/threat-model', 'docs/threat-model.md', 'Threat model'),
      page('explanation/advisories', 'docs/advisories.md', 'Advisories of peers'),
      page('explanation/security-tests', 'docs/security-tests.md', 'Security tests'),
      page('explanation/security', 'SECURITY.md', 'Reporting a vulnerability'),
      page('explanation/kafkajs', 'libs/bus/src/kafka/workarounds/README.md', 'Workarounds for kafkajs'),
      page('explanation/reliability', 'docs/reliability.md', 'Reliability'),
      page('explanation/performance', 'docs/performance.md', 'Performance'),
      page('explanation/comparison', 'docs/comparison.md', 'Comparison'),
      page('explanation/roadmap', 'docs/roadmap.md', 'Roadmap'),
      page('explanation/code-of-conduct', 'CODE_OF_CONDUCT.md', 'Code of conduct'),
    ],
  },
  {
    label: 'Decisions',
    collapsed: true,
    pages: [page('explanation/decisions/index', 'docs/adr/README.md', 'All decisions'), ...decisions()],
  },
];

export const sitePages: readonly SitePage[] = siteSections.flatMap((section) => section.pages);

/** Returns the Markdown files in docs/ that no page of the site shows. */
export function findFilesWithoutPage(): readonly string[] {
  const placed = new Set(sitePages.map(({ source }) => source));
  const found = globSync('docs/**/*.md', {
    cwd: REPOSITORY_ROOT,
    exclude: ['**/node_modules/**', '**/dist/**'],
  });
  return found.filter((file) => !placed.has(file)).toSorted();
}
