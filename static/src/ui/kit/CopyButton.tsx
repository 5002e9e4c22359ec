import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/room";
import { copyText } from "../clipboard";
import { notify } from "../localNotices";
import { Button } from "./Button";
import { check, link } from "./icons";

const FEEDBACK_MS = 2000;

interface Props {
  url: string;
  variant?: "primary" | "quiet";
  size?: "small" | "large";
  testId: string;
}

/** Copies a link, and says so on itself for a moment. */
export function CopyButton({ url, variant, size, testId }: Props) {
  const [copied, setCopied] = useState(0);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(0), FEEDBACK_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    if (await copyText(url)) setCopied((times) => times + 1);
    else notify("warning", "room.copyFailed", { link: url });
  };
  const text = copied ? t("room.linkCopied") : t("room.copyLink");
  return (
    <>
      <Button
        variant={variant}
        size={size}
        icon={copied ? check : link}
        label={text}
        testId={testId}
        onClick={copy}
      >
        {text}
      </Button>
      <span class="visually-hidden" role="status">
        {copied ? text : ""}
      </span>
    </>
  );
}
