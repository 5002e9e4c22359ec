import { t } from "../../i18n/room";
import { IconButton } from "../kit/IconButton";
import { chevronLeft, chevronRight } from "../kit/icons";

interface Props {
  page: number;
  pages: number;
  onPage: (page: number) => void;
}

/** Leafs through the tiles that don't fit on one page. */
export function Pager({ page, pages, onPage }: Props) {
  return (
    <nav class="pager" data-testid="pager" aria-label={t("tiles.page", { page: page + 1, pages })}>
      <IconButton
        icon={chevronLeft}
        label={t("tiles.previous")}
        disabled={page === 0}
        onClick={() => onPage(page - 1)}
      />
      <span aria-hidden="true">
        {page + 1} / {pages}
      </span>
      <IconButton
        icon={chevronRight}
        label={t("tiles.next")}
        disabled={page >= pages - 1}
        onClick={() => onPage(page + 1)}
      />
    </nav>
  );
}
