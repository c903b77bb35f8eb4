import { Argument, Command } from "commander";
import { print } from "../show/print.ts";

const EXAMPLES = `
Examples:
  source <(zarr-cache completion bash)                            in ~/.bashrc
  source <(zarr-cache completion zsh)                             in ~/.zshrc
  zarr-cache completion fish > ~/.config/fish/completions/zarr-cache.fish`;

/** `zarr-cache completion <shell>`. */
export function completionCommand(): Command {
  return new Command("completion")
    .description("Print what lets a shell complete this command.")
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", EXAMPLES)
    .action((shell: "bash" | "zsh" | "fish", _flags: unknown, command: Command) => {
      const commands = command.parent?.commands ?? [];
      print(shell === "fish" ? fish(commands) : shell === "zsh" ? zsh(commands) : bash(commands));
    });
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((it) => `    ${it.name()}) words="${flagsOf(it).join(" ")}" ;;`).join("\n");
  return `_zarr_cache() {
  local words
  case "\${COMP_WORDS[1]}" in
${cases}
    *) words="" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands.map((it) => it.name()).join(" ")}"; fi
  case "$2" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$2")) ;;
    *) [ "$COMP_CWORD" -eq 1 ] && COMPREPLY=($(compgen -W "$words" -- "$2")) || COMPREPLY=($(compgen -f -- "$2")) ;;
  esac
}
complete -o default -F _zarr_cache zarr-cache
`;
}

/** zsh runs completions of bash as they are. */
function zsh(commands: readonly Command[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
}

function fish(commands: readonly Command[]): string {
  const quote = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) => [
    `complete -c zarr-cache -n __fish_use_subcommand -a ${command.name()} -d ${quote(command.description())}`,
    ...command.options.map(
      ({ long, description }) =>
        `complete -c zarr-cache -n "__fish_seen_subcommand_from ${command.name()}" -l ${long?.slice(2)} -d ${quote(description)}`,
    ),
  ]);
  return `${lines.join("\n")}\n`;
}

function flagsOf(command: Command): string[] {
  return [...command.options.flatMap(({ long }) => (long ? [long] : [])), "--help"];
}
