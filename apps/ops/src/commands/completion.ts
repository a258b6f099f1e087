import { Argument, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../context.ts';
import { formatExamples, type OpsProgram } from '../program.ts';

const NOTE = `
The script completes a command named \`ops\`. In a checkout, define it first: ops() { npm run --silent ops -- "$@"; }`;

export function addCompletionCommand(program: OpsProgram, { print }: CommandContext): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      NOTE +
        '\n' +
        formatExamples(
          'completion bash > ~/.local/share/bash-completion/completions/ops',
          'completion zsh > ~/.zsh/completions/_ops    # a folder in $fpath',
          'completion fish > ~/.config/fish/completions/ops.fish',
        ),
    )
    .action((shell) => print(SCRIPTS[shell](commandsOf(program))));
}

interface CommandWords {
  /** The command and its subcommand, each preceded by a space, for example ` parked list`. Empty for `ops` itself. */
  readonly path: string;
  /** The words that may follow: subcommands, options, and the values of arguments that have a fixed choice. */
  readonly words: readonly string[];
}

function commandsOf(program: OpsProgram): readonly CommandWords[] {
  const globals = program.createHelp().visibleOptions(program);
  function walk(command: CommandUnknownOpts, path: string): readonly CommandWords[] {
    const help = command.createHelp();
    const subcommands = help.visibleCommands(command);
    const options = [...help.visibleOptions(command), ...globals];
    const words = [
      ...subcommands.map((subcommand) => subcommand.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
      ...options.flatMap(({ long }) => long ?? []),
    ];
    return [
      { path, words: [...new Set(words)] },
      ...subcommands.flatMap((subcommand) => walk(subcommand, `${path} ${subcommand.name()}`)),
    ];
  }
  return walk(program, '');
}

/** Commands that take files or folders as arguments. */
const TAKES_FILES = ['secrets', 'move'];

function paths(commands: readonly CommandWords[]): readonly string[] {
  return commands.map(({ path }) => `'${path}'`).filter((path) => path !== "''");
}

/**
 * Returns shell code, for bash or zsh, that sets the variable `candidates` to the words that may follow the
 * words in the variable `typed`.
 */
function setCandidates(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ path, words }) => `    '${path}') candidates='${words.join(' ')}' ;;`);
  return `  for word in "\${typed[@]}"; do
    case "$command $word" in
    ${paths(commands).join(' | ')}) command="$command $word" ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac`;
}

function bash(commands: readonly CommandWords[]): string {
  return `_ops() {
  local command= word candidates=
  local typed=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${setCandidates(commands)}
  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _ops ops`;
}

function zsh(commands: readonly CommandWords[]): string {
  return `#compdef ops
compdef _ops ops
_ops() {
  local command= word candidates=
  local typed=("\${(@)words[2,CURRENT-1]}")
${setCandidates(commands)}
  compadd -- \${=candidates}
  case "$command" in
    ${TAKES_FILES.map((name) => `' ${name}'`).join(' | ')}) _files ;;
  esac
}
# Complete at once if this file was autoloaded as the function.
if [ "$funcstack[1]" = _ops ]; then _ops; fi`;
}

function fish(commands: readonly CommandWords[]): string {
  const cases = commands.map(
    ({ path, words }) => `    case '${path}'\n      printf '%s\\n' ${words.join(' ')}`,
  );
  return `function __ops_candidates
  set -l command ''
  for word in (commandline -opc)[2..]
    switch "$command $word"
      case ${paths(commands).join(' ')}
        set command "$command $word"
    end
  end
  switch "$command"
${cases.join('\n')}
  end
end
complete -c ops -f -a '(__ops_candidates)'
complete -c ops -F -n '__fish_seen_subcommand_from ${TAKES_FILES.join(' ')}'`;
}

const SCRIPTS = { bash, zsh, fish } as const;
