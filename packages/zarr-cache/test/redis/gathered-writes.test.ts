import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { gatherWrites } from "../../src/redis/gathered-writes.ts";

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
    sendCommand(name: unknown): unknown {
      return client.stream.write(String(name));
    },
  };
  const whenWritten = gatherWrites(client);
  return { client, pieces, whenWritten, reconnect: () => (client.stream = open()) };
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

  it("calls back once the commands of the turn are out, and at once when none wait", async () => {
    const { client, pieces, whenWritten } = startClient();
    const seen: string[] = [];
    whenWritten(() => seen.push("before"));
    client.sendCommand("a");
    whenWritten(() => seen.push(`after ${pieces.flat()}`));
    expect(seen).toEqual(["before"]);
    await turn();
    expect(seen).toEqual(["before", "after a"]);
  });

  it("calls back although the connection was another before the commands were out", async () => {
    const { client, whenWritten, reconnect } = startClient();
    const seen: string[] = [];
    client.sendCommand("a");
    whenWritten(() => seen.push("a"));
    reconnect();
    client.sendCommand("b");
    whenWritten(() => seen.push("b"));
    await turn();
    expect(seen).toEqual(["a", "b"]);
  });

  it("sends what is sent while there is no connection", async () => {
    const sent: unknown[] = [];
    const client = { sendCommand: (name: unknown) => sent.push(name) };
    gatherWrites(client);
    client.sendCommand("a");
    await turn();
    expect(sent).toEqual(["a"]);
  });
});
