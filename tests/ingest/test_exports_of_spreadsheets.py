"""CSV as people save it from spreadsheets: in older encodings, with days that are counted, with names in any language."""

from pathlib import Path
from typing import Any

import pytest

from stillwatch.ingest import plan, read_slice

TIME = "2026-03-02T09:00:00+00:00"
HEADER = "timestamp,user_id,model,prompt,response\n"


def read(path: Path, text: bytes) -> tuple[list[dict[str, Any]], list[str]]:
    path.write_bytes(text)
    results = [result for part in plan([path]) for result in read_slice(part)]
    rows = [row for result in results for row in result.exchanges.to_pylist()]
    return rows, [letter["reason"] for result in results for letter in result.dead_letters.to_pylist()]


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["account_id"], row["model"], row["prompt"], row["response"], row["time"].isoformat()


TEXTS = {
    "Spanish": ("¿Cuál es el lago más hondo, señor?", "El Baikal, «el más hondo»."),
    "German": ("Größe des Sees „Baikal“ – in m²?", "Übrigens: 31 500 km²."),
    "French": ("Où a-t-il été créé ?", "L’œuvre coûte 5 €."),
}
OTHERS = {
    "gbk": "最深的湖是哪个",
    "shift_jis": "一番深い湖はどこですか",
    "cp1251": "самое глубокое озеро",
    "mac_roman": "Où est l’été ?",
}


@pytest.mark.parametrize("named", TEXTS)
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_texts_are_what_was_written(tmp_path: Path, encoding: str, named: str) -> None:
    asked, answered = TEXTS[named]
    text = f'{HEADER}2026-03-02T09:00:00Z,a-1,m,"{asked}","{answered}"\n'
    (row,), letters = read(tmp_path / "log.csv", text.encode(encoding))
    assert letters == []
    assert told(row) == ("a-1", "m", asked, answered, TIME)
    assert row["note"] == ("not UTF-8: read as Windows-1252" if encoding == "cp1252" else None)


@pytest.mark.parametrize("encoding", OTHERS)
def test_another_encoding_is_refused_with_the_way_to_convert_it(tmp_path: Path, encoding: str) -> None:
    text = f"{HEADER}2026-03-02T09:00:00Z,a-1,m,{OTHERS[encoding]},ok\n"
    rows, (letter,) = read(tmp_path / "log.csv", text.encode(encoding))
    assert rows == []
    assert "iconv" in letter


def test_a_damaged_row_among_others_in_utf_8_is_refused(tmp_path: Path) -> None:
    good, bad = (f"2026-03-02T09:00:00Z,a-1,m,¿Qué?,{word}\n" for word in ("sí", "no"))
    rows, (letter,) = read(tmp_path / "log.csv", (HEADER + good).encode() + bad.encode("cp1252"))
    assert [row["response"] for row in rows] == ["sí"]
    assert "not UTF-8" in letter


def test_letters_of_two_bytes_without_a_mark_are_seen_in_any_script(tmp_path: Path) -> None:
    text = "日時,ユーザー,モデル,質問,回答\n2026-03-02T09:00:00Z,a-1,m,深い湖は,バイカル\n"
    (row,), letters = read(tmp_path / "log.csv", text.encode("utf-16-le"))
    assert (told(row), letters) == (("a-1", "m", "深い湖は", "バイカル", TIME), [])


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("46083.375", TIME),
        ("46083.3751157407", "2026-03-02T09:00:10+00:00"),
        ('"46083,3751157407"', "2026-03-02T09:00:10+00:00"),
        ("46083", None),
        ("36525.99999", None),
        ("4608.375", None),
    ],
)
def test_days_since_1899_are_times_where_they_say_a_second(tmp_path: Path, written: str, read_as: str | None) -> None:
    rows, letters = read(tmp_path / "log.csv", f"{HEADER}{written},a-1,m,Why?,So.\n".encode())
    assert [row["time"].isoformat() for row in rows] == ([] if read_as is None else [read_as])
    assert len(rows) + len(letters) == 1


@pytest.mark.parametrize(
    "names",
    [
        "Fecha,Usuario,Modelo,Pregunta,Respuesta",
        "Zeitstempel,Benutzer-ID,Modell,Frage,Antwort",
        "Datum,Nutzer-ID,Modell,Eingabe,Ausgabe",
        "Fecha,Usuario,Modelo,Pregunta,Respuesta,Sesión",
        "Horodatage,Utilisateur,Modèle,Question,Réponse",
        "Data e hora,Usuário,Modelo,Pergunta,Resposta",
        "时间,用户,模型,提示词,回复",
        "请求时间,用户ID,模型名称,用户输入,回答",
        "日時,ユーザーID,モデル,質問,回答",
        "시간,사용자,모델,질문,응답",
        "Время,Пользователь,Модель,Вопрос,Ответ",
    ],
)
def test_names_of_columns_in_other_languages(tmp_path: Path, names: str) -> None:
    for encoding in ("utf-8", "cp1252") if "é" in names or "ó" in names else ("utf-8",):
        text = (
            f"{names}\n2026-03-02T09:00:00Z,a-1,m,Why?,So.\n"
            if names[-6:] != "Sesión"
            else (f"{names}\n2026-03-02T09:00:00Z,a-1,m,Why?,So.,s\n")
        )
        (row,), letters = read(tmp_path / "log.csv", text.encode(encoding))
        assert (told(row), letters) == (("a-1", "m", "Why?", "So.", TIME), [])


def test_a_day_and_a_clock_in_two_columns_of_another_language(tmp_path: Path) -> None:
    text = "Fecha,Hora,Usuario,Modelo,Pregunta,Respuesta\n2026-03-02,09:00:00,a-1,m,Why?,So.\n"
    (row,), letters = read(tmp_path / "log.csv", text.encode())
    assert (told(row), letters) == (("a-1", "m", "Why?", "So.", TIME), [])


def test_days_and_months_in_digits_are_told_by_the_others_of_the_column(tmp_path: Path) -> None:
    def times(*written: str) -> list[str]:
        rows, _ = read(tmp_path / "log.csv", (HEADER + "".join(f"{one},a-1,m,Why?,So.\n" for one in written)).encode())
        return [row["time"].isoformat()[:16] for row in rows]

    assert times("3/2/2026 9:00:00 AM", "3/13/2026 9:00:01 PM") == ["2026-03-02T09:00", "2026-03-13T21:00"]
    assert times("02/03/2026 09:00:00", "13/03/2026 09:00:01") == ["2026-03-02T09:00", "2026-03-13T09:00"]
    assert times("02-03-2026 09:00:00", "13-03-2026 09:00:01") == ["2026-03-02T09:00", "2026-03-13T09:00"]
    assert times("02/03/2026 09:00:00") == []
    assert times("13/03/2026 09:00:00", "03/13/2026 09:00:00") == []


def test_an_id_that_was_rounded_is_nobodys(tmp_path: Path) -> None:
    rows, (letter,) = read(tmp_path / "log.csv", f"{HEADER}2026-03-02T09:00:00Z,1.23457E+11,m,Why?,So.\n".encode())
    assert rows == []
    assert "rounded" in letter


def test_a_comma_in_a_number_with_a_point_is_one(tmp_path: Path) -> None:
    text = "timestamp;user_id;model;prompt;response;temperature;latency_ms\n2026-03-02T09:00:00Z;a-1;m;Why?;So.;0,75;812,5\n"
    (row,), letters = read(tmp_path / "log.csv", text.encode())
    assert (row["temperature"], row["latency_ms"], row["note"], letters) == (0.75, 812.5, None, [])
