import { expect, it } from "vitest";
import { fragmentWarnings } from "../../src/store/fragment";

it.each([
  ["#displayName=Ada&lang=de", ["displayName", "lang"]],
  ["#/?roomId=team42", ["roomId"]],
  ["#&lang=de&lang=fr", ["lang"]],
])("tells that the attributes in %s have no effect", (hash, names) => {
  expect(fragmentWarnings(hash).map((line) => line.split(" ")[0])).toEqual(names);
});

it.each(["", "#", "#top", "#a b=c", `#${"x".repeat(100)}=1`])("says nothing about %s", (hash) => {
  expect(fragmentWarnings(hash)).toEqual([]);
});
