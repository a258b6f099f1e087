import kafkajs, { type Admin } from 'kafkajs';
import { GroupInUseError } from '../bus.ts';

const { KafkaJSDeleteGroupsError } = kafkajs;

/** https://kafka.apache.org/protocol#protocol_error_codes */
const NON_EMPTY_GROUP = 68;
const GROUP_ID_NOT_FOUND = 69;

/** @throws GroupInUseError; Error of kafkajs */
export async function forgetGroup(admin: Admin, group: string): Promise<void> {
  try {
    await admin.deleteGroups([group]);
  } catch (error) {
    const code = codeOf(error);
    if (code === GROUP_ID_NOT_FOUND) return;
    throw code === NON_EMPTY_GROUP ? new GroupInUseError(group) : error;
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof KafkaJSDeleteGroupsError ? error.groups[0]?.errorCode : undefined;
}
