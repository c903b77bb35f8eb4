import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { gatherWrites, WRITTEN_TOGETHER } from "../../src/redis/gathered-writes.ts";

/** A client that writes names of commands to a socket, and what came down to the system in one piece each. */
function startClient() {
  const pieces: string[][] = [];
  const open = () =>
    new Writable({
      write(chunk, _encoding, done) {
        pieces.push([String(chunk)]);
        done();
      },
      writev(chunks, done) {
        pieces.push(chunks.map(({ chunk }) => String(chunk)));
        done();
      },
    });
  const client = {
    stream: open(),
    sendCommand(name: string): unknown {
      return client.stream.write(name);
    },
  };
  /** What was told of as written, and how much had come down to the system by then. */
  const told: [names: readonly string[], out: number][] = [];
  gatherWrites(client, (names) => told.push([names, pieces.flat().length]));
  const sendMany = (names: readonly string[]) => {
    for (const name of names) client.sendCommand(name);
  };
  return { client, pieces, told, sendMany, reconnect: () => (client.stream = open()) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("gatherWrites", () => {
  it("hands over in one piece what is sent in one turn, by answers heard one after the other as well", async () => {
    const { client, pieces } = startClient();
    client.sendCommand("a");
    client.sendCommand("b");
    await null;
    client.sendCommand("c");
    expect(pieces).toEqual([]);
    await turn();
    expect(pieces).toEqual([["a", "b", "c"]]);
    client.sendCommand("d");
    await turn();
    expect(pieces).toEqual([["a", "b", "c"], ["d"]]);
  });

  it("gathers on the connection that comes after another as well", async () => {
    const { client, pieces, reconnect } = startClient();
    client.sendCommand("a");
    reconnect();
    client.sendCommand("b");
    client.sendCommand("c");
    await turn();
    expect(pieces).toEqual([["a"], ["b", "c"]]);
  });

  it("hands the last commands over before the connection is ended", async () => {
    const { client, pieces } = startClient();
    client.sendCommand("a");
    client.stream.end();
    expect(pieces.flat()).toEqual(["a"]);
    await turn();
  });

  it("does not wait for the end of a turn with many commands", async () => {
    const { pieces, told, sendMany } = startClient();
    const names = Array.from({ length: 2 * WRITTEN_TOGETHER + 1 }, (_, i) => `${i}`);
    sendMany(names);
    const [first, second, last] = [0, 1, 2].map((i) =>
      names.slice(i * WRITTEN_TOGETHER, (i + 1) * WRITTEN_TOGETHER),
    );
    expect(pieces).toEqual([first, second]);
    expect(told).toEqual([]);
    await turn();
    expect(pieces).toEqual([first, second, last]);
    expect(told).toEqual([[names, names.length]]);
  });

  it("tells of the commands of a turn once they are out", async () => {
    const { told, sendMany } = startClient();
    sendMany(["a", "b"]);
    await null;
    sendMany(["c"]);
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual([[["a", "b", "c"], 3]]);
    sendMany(["d"]);
    await turn();
    expect(told.slice(1)).toEqual([[["d"], 4]]);
  });

  it("tells of all of them although the connection was another before they were out", async () => {
    const { client, told, reconnect } = startClient();
    client.sendCommand("a");
    reconnect();
    client.sendCommand("b");
    await turn();
    expect(told).toEqual([[["a", "b"], 2]]);
  });

  it("sends what is sent while there is no connection, and tells of it at once", async () => {
    const sent: string[] = [];
    const told: (readonly string[])[] = [];
    const client = { sendCommand: (name: string): unknown => sent.push(name) };
    gatherWrites(client, (names) => told.push(names));
    expect(client.sendCommand("a")).toBe(1);
    expect([sent, told]).toEqual([["a"], [["a"]]]);
    await turn();
    expect(told).toEqual([["a"]]);
  });

  it("passes on where a command is to go", () => {
    const sent: unknown[] = [];
    const client = { sendCommand: (...args: readonly unknown[]): unknown => sent.push(args) };
    gatherWrites(client, () => {});
    client.sendCommand("a", "stream");
    expect(sent).toEqual([["a", "stream"]]);
  });
});
