/** Creates access control lists on the broker. */
import kafkajs, { type AclEntry, type Admin } from 'kafkajs';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** Maps the names of operations in Kafka's own tools to the numbers that kafkajs uses. */
const OPERATIONS = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Delete: AclOperationTypes.DELETE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
} as const;
export type KafkaAclOperation = keyof typeof OPERATIONS;

/**
 * The operations that a principal may perform on the topic or group with this name. If `isPrefix` is true,
 * they apply to all topics or groups whose names begin with `name`.
 */
export interface KafkaAcl {
  /** The Kafka principal, for example `User:auth`. */
  readonly principal: string;
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly isPrefix: boolean;
  readonly operations: readonly KafkaAclOperation[];
}

/**
 * Creates access control lists on the broker. Existing lists are not changed.
 * @throws errors of kafkajs, for example if there is no authorizer
 */
export async function createKafkaAcls(
  admin: Pick<Admin, 'createAcls'>,
  acls: readonly KafkaAcl[],
): Promise<void> {
  const acl = acls.flatMap(entriesOf);
  await admin.createAcls({ acl });
}

function entriesOf({ principal, resource, name, isPrefix, operations }: KafkaAcl): readonly AclEntry[] {
  return operations.map((operation) => ({
    principal,
    host: '*',
    operation: OPERATIONS[operation],
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
    resourceName: name,
    resourcePatternType: isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
  }));
}
