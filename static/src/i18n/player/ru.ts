// Русский.

import type { Messages } from "./en";

const ru: Messages = {
  "message.pending.title": "Видео готовится",
  "message.pending.message":
    "После встречи на это нужно несколько минут. Оно появится здесь, как только будет готово.",
  "message.failed.title": "Видео нет",
  "message.failed.message":
    "Из записи не удалось сделать видео. Причину может увидеть тот, кто дал вам ссылку.",
  "message.notFound.title": "Здесь нечего смотреть",
  "message.notFound.message":
    "По этому адресу нет записи, или смотреть её могут только те, кто вошёл в систему.",
  "message.expired.title": "Срок действия ссылки истёк",
  "message.expired.message": "Попросите новую у того, кто вам её прислал.",
  "message.deleted.title": "Запись удалена",
  "message.deleted.message": "Её удалил тот, у кого есть на это право.",
  "player.label": "Видео",
  "player.play": "Воспроизвести",
  "player.pause": "Пауза",
  "player.seek": "Место в видео",
  "player.at": "{time} из {all}",
  "player.mute": "Выключить звук",
  "player.volume": "Громкость",
  "player.speed": "Скорость",
  "player.language": "Язык",
  "player.original": "Оригинал",
  "player.quality": "Качество",
  "player.automatic": "Автоматически",
  "player.automaticHeight": "Автоматически ({height}p)",
  "player.fullscreen": "Во весь экран",
  "player.fullscreenEnd": "Выйти из полноэкранного режима",
  "player.pictureInPicture": "Картинка в картинке",
  "player.chapters": "Главы",
  "player.close": "Закрыть",
  "player.loading": "Загрузка",
  "player.progress": "Готово {percent} %",
  "player.broken": "Сейчас видео не удаётся загрузить.",
  "player.again": "Попробовать ещё раз",
  "page.logIn": "Войти",
  "page.all": "Все записи",
  "page.before": "Предыдущая часть",
  "page.after": "Следующая часть",
  "page.download": "Скачать",
  "chapter.start": "Начало",
  "chapter.joined": {
    one: "Подключение: {names}",
    few: "Подключение: {names}",
    many: "Подключение: {names}",
    other: "Подключение: {names}",
  },
  "chapter.left": {
    one: "Выход: {names}",
    few: "Выход: {names}",
    many: "Выход: {names}",
    other: "Выход: {names}",
  },
  "chapter.shares": "{name} показывает экран",
  "chapter.sharesNoMore": "{name} больше не показывает экран",
  "chapter.and": "{names}, {last}",
  "chapter.others": "ещё {count}",
};

export default ru;
