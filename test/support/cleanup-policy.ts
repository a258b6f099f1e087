import kafkajs, { type Admin } from 'kafkajs';

const POLICY = 'cleanup.policy';
const type = kafkajs.ConfigResourceTypes.TOPIC;

async function settingsOf(admin: Admin, topic: string) {
  const { resources } = await admin.describeConfigs({
    resources: [{ type, name: topic }],
    includeSynonyms: false,
  });
  return resources[0]?.configEntries ?? [];
}

export async function readCleanupPolicy(admin: Admin, topic: string): Promise<string | undefined> {
  return (await settingsOf(admin, topic)).find(({ configName }) => configName === POLICY)?.configValue;
}

/** Sets the cleanup policy of a topic, and leaves its other settings as they are. */
export async function setCleanupPolicy(admin: Admin, topic: string, policy: string): Promise<void> {
  // Send the current settings as well, because kafkajs resets every setting of the topic that the request
  // does not contain.
  const kept = (await settingsOf(admin, topic)).filter(
    ({ configName, isDefault }) => !isDefault && configName !== POLICY,
  );
  const configEntries = [
    ...kept.map(({ configName: name, configValue: value }) => ({ name, value })),
    { name: POLICY, value: policy },
  ];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] });
}
