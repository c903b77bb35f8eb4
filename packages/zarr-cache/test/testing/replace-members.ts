/** The same object with some members replaced; the rest goes on as before. */
export function replaceMembers<T extends object>(sound: T, broken: Partial<T>): T {
  return new Proxy(sound, {
    get(target, name) {
      if (name in broken) return Reflect.get(broken, name);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
