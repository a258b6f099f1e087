/** Tests that the current server works with a data folder that release 0.1 has written. */
import { rm } from 'node:fs/promises';
import { createSettingsForFixtureTime, readFixtureManifest, unpackFixtureFolder } from './support/fixture.ts';
import { RELEASE_0_1_HASH_SETTINGS } from './support/programs.ts';
import { startStandalone } from './support/standalone.ts';
import { defineUpgradeTests } from './support/upgrade-suite.ts';

defineUpgradeTests('A data folder', async () => {
  const manifest = await readFixtureManifest();
  const folder = await unpackFixtureFolder();
  const settings = {
    DATA_DIR: folder,
    ...RELEASE_0_1_HASH_SETTINGS,
    ...createSettingsForFixtureTime(manifest),
  };
  const standalone = await startStandalone(settings);
  async function stop(): Promise<void> {
    await standalone.stop();
    await rm(folder, { recursive: true });
  }
  return { system: { ...standalone, stop }, manifest, lists: manifest.folder, settings };
});
