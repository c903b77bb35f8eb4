import { PINNED } from "../../policy.ts";
import type { FreshWithin, StoreIndex } from "../../store-index.ts";
import { check, equal } from "../check.ts";
import type { FakeClock } from "../fake-clock.ts";
import type { Random } from "../random.ts";
import { ANY_AGE, facts, reservation } from "../store-index/steps.ts";
import { type IndexModel, isLive } from "./index-model.ts";
import { randomKey, randomPart, randomPath, randomStore } from "./random-parts.ts";
import { settlePin, weigh } from "./weight-step.ts";

/** More than any index adds to the footprint of an entry. */
const MOST_OVERHEAD = 2000;

/** What a step of a replay works on. */
export interface Replay {
  readonly index: StoreIndex;
  readonly model: IndexModel;
  readonly clock: FakeClock;
  readonly random: Random;
  /** Over how many shares the index splits its budget; any of them may be full. */
  readonly shares: number;
}

const NO_AGE: FreshWithin = { present: -1, missing: -1 };
const PASS_FOR = 7;

/** Does one random operation on index and model, and compares the answers. Returns what was done, for the log. */
export type ReplayStep = (replay: Replay) => Promise<string>;

/** The steps, each as often as it is to come up. */
export const REPLAY_STEPS: readonly (readonly [number, ReplayStep])[] = [
  [8, claim],
  [8, reserve],
  [8, commit],
  [3, release],
  [4, lookup],
  [2, invalidate],
  [2, openWrite],
  [2, closeWrite],
  [1, condemn],
  [4, free],
  [2, makeRoom],
  [2, weigh],
  [1, sweep],
  [2, advance],
  [1, renewAndKnown],
  [1, deleteStore],
];

async function claim({ index, model, clock, random }: Replay): Promise<string> {
  const part = randomPart(random);
  const fresh = random.below(4) === 0 ? NO_AGE : ANY_AGE;
  const answer = await index.claim(part, fresh);
  const said = `claim ${JSON.stringify(part)} within ${fresh.present} → ${answer.state}`;
  const cached = fresh === ANY_AGE ? model.answersOf(part) : [];
  if (answer.state === "hit") {
    const tokens = cached.map(({ token }) => token);
    check(tokens.includes(answer.entry.token), `${said}, but only ${tokens.join()} may answer`);
    return said;
  }
  equal(cached.length, 0, `${said}; entries that are fresh`);
  const holder = model.holderOf(part);
  if (answer.state === "wait") {
    equal(answer.token, holder?.ref.token, `${said}; the token`);
    return said;
  }
  equal(holder?.ref.token, undefined, `${said}; the holder of a live claim`);
  const mayPass = model.isBeingWritten(part) || model.isPassed(part, clock.now());
  if (answer.state === "pass") check(mayPass, `${said}, without a write or a pass mark`);
  else {
    check(!model.isPassed(part, clock.now()), `${said}, in spite of a pass mark`);
    model.take(answer.claim);
  }
  return said;
}

async function reserve({ index, model, random, shares }: Replay): Promise<string> {
  const claims = model.claims.slice(-12);
  if (claims.length === 0) return "nothing to reserve";
  const claim = random.pick(claims);
  const { token } = claim.ref;
  const size = [0, 100, 1000, 5000, 60_000][random.below(5)] ?? 0;
  const before = await index.usage();
  const weight = [PINNED, 2 ** -20, 1, 1, 1, 1][random.below(6)] ?? 1;
  const answer = await index.reserve(claim.ref, reservation({ size, cost: 1 + random.below(100), weight }));
  const after = await index.usage();
  const said = `reserve ${size} for ${token} (${claim.state}) → ${answer}`;
  const charge = after.bytes - before.bytes;
  if (answer === "reserved" && !model.charges.has(token) && isLive(claim)) {
    check(charge >= size && charge > 0, `${said}, charged ${charge}`);
    model.charges.set(token, charge);
    claim.wantsPin = weight === PINNED;
    if (claim.state === "live") claim.state = "reserved";
    return said;
  }
  equal(charge, 0, `${said}; bytes charged for nothing new`);
  if (claim.state === "live" || claim.state === "doomed") {
    if (answer === "lost") check(claim.state === "doomed", `${said}, though it lives`);
    if (answer === "refused") check(size > index.maxEntryBytes, `${said}, though it is small enough`);
    const free = before.maxBytes - before.bytes;
    if (answer === "full" && shares === 1)
      check(
        free < size + MOST_OVERHEAD || before.entries + reservationsOf(model) >= before.maxEntries,
        `${said}, though ${free} bytes are free`,
      );
  } else if (claim.state === "reserved") equal(answer, "reserved", said);
  else if (claim.state !== "committed") equal(answer, "lost", said);
  return said;
}

/** Claims that charge the budget; one that was revoked does so until its holder releases it. */
function reservationsOf(model: IndexModel): number {
  return model.claims.filter(({ ref, state }) => state !== "committed" && model.charges.has(ref.token))
    .length;
}

async function commit(replay: Replay): Promise<string> {
  const { index, model, random } = replay;
  const claims = model.claims.slice(-12);
  if (claims.length === 0) return "nothing to commit";
  const claim = random.pick(claims);
  const missing = claim.ref.part.range === undefined && random.below(4) === 0;
  const filling = { missing, size: missing ? 0 : 8 };
  const before = await index.usage();
  const old = model.entries.get(claim.id);
  const answer = await index.commit(claim.ref, facts(filling));
  const said = `commit ${claim.ref.token} (${claim.state}) → ${answer}`;
  if (claim.state === "reserved") {
    check(answer, said);
    model.commit(claim, filling);
    await settlePin(replay, claim, old, before);
  } else if (claim.state === "committed") {
    if (model.entries.get(claim.id)?.token === claim.ref.token)
      check(answer, `${said}, answered differently`);
  } else check(!answer, `${said}, though it does not hold`);
  return said;
}

async function release({ index, model, clock, random }: Replay): Promise<string> {
  const claims = model.claims.slice(-12);
  if (claims.length === 0) return "nothing to release";
  const claim = random.pick(claims);
  const passFor = random.below(3) === 0 ? PASS_FOR : undefined;
  await index.release(claim.ref, passFor === undefined ? {} : { passFor });
  const said = `release ${claim.ref.token} (${claim.state})${passFor ? " with a pass mark" : ""}`;
  model.release(claim, passFor && clock.now() + passFor);
  return said;
}

async function lookup({ index, model, random }: Replay): Promise<string> {
  const part = randomPart(random);
  const counting = random.below(2) === 0;
  const entry = await (counting ? index.lookup(part) : index.peek(part));
  const said = `${counting ? "lookup" : "peek"} ${JSON.stringify(part)} → ${entry?.token}`;
  const answers = model.answersOf(part);
  if (entry === undefined) equal(answers.length, 0, `${said}; entries that answer`);
  else {
    const known = answers.find(({ token }) => token === entry.token);
    check(known !== undefined, `${said}, which is not visible`);
    equal([entry.missing, entry.size], [known.missing, known.size], `${said}; missing and size`);
    equal(entry.whole, part.range !== undefined && known.part.range === undefined, `${said}; whole`);
  }
  return said;
}

async function invalidate({ index, model, random }: Replay): Promise<string> {
  const [storeId, path] = [randomStore(random), randomPath(random)];
  await index.invalidate(storeId, path);
  model.invalidate(storeId, path);
  return `invalidate ${storeId} ${path}`;
}

async function deleteStore({ index, model, random }: Replay): Promise<string> {
  const storeId = randomStore(random);
  await index.deleteStore(storeId);
  model.invalidate(storeId, "/");
  return `deleteStore ${storeId}`;
}

async function openWrite({ index, model, random }: Replay): Promise<string> {
  const [storeId, key] = [randomStore(random), randomKey(random)];
  const ref = await index.openWrite(storeId, key);
  model.openWrite(ref);
  return `openWrite ${storeId} ${key} → ${ref.token}`;
}

async function closeWrite({ index, model, random }: Replay): Promise<string> {
  const intents = model.intents.slice(-4);
  if (intents.length === 0) return "no write to close";
  const intent = random.pick(intents);
  const keep = random.below(3) > 0;
  const claim = await index.closeWrite(intent.ref, keep);
  const said = `closeWrite ${intent.ref.token} keep ${keep} → ${claim?.token}`;
  const expected = model.closeWrite(intent, keep);
  if (expected !== undefined) equal(claim !== undefined, expected, `${said}; whether a claim is due`);
  if (claim !== undefined) model.take(claim);
  return said;
}

async function condemn({ index, model, random }: Replay): Promise<string> {
  const entries = [...model.entries.values()];
  if (entries.length === 0) return "nothing to condemn";
  const [entry, other] = [random.pick(entries), random.pick(entries)];
  const answer = await index.condemn(entry.part, other.token);
  const said = `condemn ${JSON.stringify(entry.part)} with ${other.token} → ${answer}`;
  equal(answer, entry === other, said);
  if (answer) model.condemn(entry);
  return said;
}

async function free({ index, model, random }: Replay): Promise<string> {
  const names = await index.condemned(1 + random.below(4));
  const tokens = names.map(({ token }) => token);
  for (const token of tokens) {
    const revoked = model.claims.some(({ ref, state }) => ref.token === token && state === "revoked");
    check(model.condemned.has(token) || revoked, `condemned() names ${token}, which is not condemned`);
  }
  await index.free(tokens);
  for (const token of tokens) model.free(token);
  return `free ${tokens.join()}`;
}

async function makeRoom({ index, model, random }: Replay): Promise<string> {
  const want = random.below(3) === 0 ? undefined : reservation({ size: 5000, cost: 1 + random.below(200) });
  const { state, evicted } = await index.makeRoom(want);
  const said = `makeRoom ${want?.footprint} → ${state}, evicted ${evicted.map(({ token }) => token).join()}`;
  for (const { token, storeId } of evicted) {
    const entry = [...model.entries.values()].find((each) => each.token === token);
    check(entry?.pinned !== true, `${said}, of which ${token} is pinned`);
    check(entry?.part.storeId === storeId, `${said}, of which ${token} is no visible entry of ${storeId}`);
    model.condemn(entry);
  }
  if (state === "done" && want !== undefined) {
    let left = 0;
    for (const [token, charge] of model.charges) if (!model.condemned.has(token)) left += charge;
    const { maxBytes } = await index.usage();
    check(left + want.footprint <= maxBytes, `${said}, though ${left} bytes stay`);
  }
  return said;
}

async function sweep({ index }: Replay): Promise<string> {
  const { more } = await index.sweep();
  return `sweep → ${more ? "more" : "done"}`;
}

async function advance({ clock, random }: Replay): Promise<string> {
  const by = 2 * random.below(10);
  clock.advance(by);
  return `advance ${by} ms`;
}

async function renewAndKnown({ index, model }: Replay): Promise<string> {
  const claims = model.claims.slice(-12);
  const lost = new Set(await index.renew(claims.map(({ ref }) => ref)));
  for (const { ref, state } of claims)
    if (state !== "doomed")
      equal(
        lost.has(ref.token),
        state !== "live" && state !== "reserved",
        `renew of ${ref.token} (${state})`,
      );
  const names = claims.map(({ ref }) => ({ storeId: ref.part.storeId, token: ref.token }));
  const known = await index.known(names);
  for (const [i, { token }] of names.entries())
    if (model.charges.has(token)) check(known[i] === true, `known of ${token}, which is charged`);
    else if (claims[i]?.state === "released") equal(known[i], false, `known of ${token}, which is gone`);
  return "renew and known";
}
