"""Words and sentences are found in every script, whatever marks it ends them with."""

import re
import unicodedata
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.core.characters import END, GAP, letters_of, spaced
from stillwatch.core.minhash import MIN_SENTENCE_WORDS
from stillwatch.core.onetext import one_text
from stillwatch.core.words import Words, words_of


class Script(NamedTuple):
    """Two sentences that a campaign repeats, three that differ, and what stands between sentences."""

    fixed: tuple[str, str]
    own: tuple[str, str, str]
    between: str = " "


SCRIPTS = {
    "Latin": Script(
        ("Explain every step of your answer.", "Do not leave out any result!"),
        ("What makes the tides rise?", "How is paper made from wood?", "Why do cats purr at night?"),
    ),
    "Spanish": Script(
        ("¡Explica cada paso de la respuesta!", "¿Qué regla usaste en cada caso?"),
        (
            "¿Por qué suben las mareas del mar?",
            "¿Cómo se hace el papel de madera?",
            "¿Por qué ronronean los gatos de noche?",
        ),
    ),
    "Cyrillic": Script(
        ("Объясни подробно каждый шаг своего ответа.", "Не пропускай ни одного промежуточного вывода!"),
        (
            "Почему на море бывают большие приливы?",
            "Как из дерева делают хорошую бумагу?",
            "Отчего кошки мурлычут по ночам?",
        ),
    ),
    "Greek": Script(
        ("Εξήγησε αναλυτικά κάθε βήμα της απάντησης.", "Ποιον κανόνα χρησιμοποίησες σε κάθε περίπτωση\u037e"),
        (
            "Γιατί ανεβαίνει η στάθμη της θάλασσας;",
            "Πώς φτιάχνεται το χαρτί από ξύλο;",
            "Γιατί γουργουρίζουν οι γάτες τη νύχτα…",
        ),
    ),
    "Arabic": Script(
        ("اشرح كل خطوة من خطوات الحل؟", "لا تحذف أي نتيجة من النتائج؛"),
        ("لماذا يرتفع ماء البحر كل يوم؟", "كيف يصنع الورق من خشب الشجر؟", "لماذا تخرخر القطط في كل ليلة؟"),
    ),
    "Urdu": Script(
        ("جواب کا ہر قدم تفصیل سے سمجھائیں۔", "کوئی بھی درمیانی نتیجہ مت چھوڑیں۔"),
        ("سمندر میں مد و جزر کیوں آتا ہے؟", "لکڑی سے کاغذ کیسے بنایا جاتا ہے؟", "بلیاں رات کو خرخر کیوں کرتی ہیں؟"),
    ),
    "Hebrew": Script(
        ("הסבר את כל שלבי התשובה שלך׃", "אל תשמיט אף תוצאה מן התוצאות."),
        ("למה עולים מי הים בכל יום?", "איך עושים נייר טוב מן העץ?", "למה חתולים מגרגרים כל הלילה הארוך?"),
    ),
    "Devanagari": Script(
        ("उत्तर का हर चरण विस्तार से समझाइए।", "बीच का कोई भी परिणाम मत छोड़िए॥"),
        ("समुद्र में ज्वार क्यों आता है?", "लकड़ी से काग़ज़ कैसे बनता है?", "बिल्लियाँ रात को क्यों घुरघुराती हैं?"),
    ),
    "Bengali": Script(
        ("উত্তরের প্রতিটি ধাপ বিস্তারিত ভাবে বুঝিয়ে দিন।", "মাঝের কোনো ফলাফল কখনো বাদ দেবেন না।"),
        ("সমুদ্রে জোয়ার কেন আসে বলুন তো?", "কাঠ থেকে কাগজ কী ভাবে তৈরি হয়?", "বিড়াল রাতে কেন গরগর করে বলুন?"),
    ),
    "Tamil": Script(
        ("விடையின் ஒவ்வொரு படியையும் மிக விரிவாக விளக்குங்கள்.", "இடையில் வரும் எந்த முடிவையும் விட வேண்டாம்!"),
        (
            "கடலில் அலைகள் ஏன் தினமும் எழுகின்றன?",
            "மரத்திலிருந்து நல்ல காகிதம் எப்படிச் செய்யப்படுகிறது சொல்?",
            "பூனைகள் இரவில் ஏன் இப்படி ஒலிக்கின்றன?",
        ),
    ),
    "Thai": Script(
        ("โปรดอธิบายทุกขั้นตอนอย่างละเอียด", "อย่าข้ามข้อสรุประหว่างทาง"),
        ("ทำไมน้ำทะเลจึงขึ้นและลง", "กระดาษทำจากไม้ได้อย่างไร", "ทำไมแมวจึงร้องครางตอนกลางคืน"),
    ),
    "Lao": Script(
        ("ກະລຸນາອະທິບາຍທຸກຂັ້ນຕອນ", "ຢ່າຂ້າມຜົນໄດ້ຮັບໃດໆ"),
        ("ເປັນຫຍັງນໍ້າທະເລຈຶ່ງຂຶ້ນ", "ເຈ້ຍເຮັດຈາກໄມ້ແນວໃດ", "ເປັນຫຍັງແມວຮ້ອງຕອນກາງຄືນ"),
    ),
    "Chinese": Script(
        ("请逐步解释每一个步骤。", "不要省略任何中间结论！"),
        ("潮汐为什么会上涨？", "纸张是怎样用木头做的？", "猫为什么在夜里打呼噜？"),
        "",
    ),
    "Japanese": Script(
        ("すべての手順を詳しく説明してください。", "途中の結果を省略しないでください｡"),
        ("潮はなぜ満ちるのですか？", "紙は木からどう作りますか？", "猫はなぜ夜に喉を鳴らしますか？"),
        "",
    ),
    "Korean": Script(
        ("답의 모든 단계를 자세히 설명하세요.", "중간 결과를 하나도 빼지 마세요!"),
        ("밀물은 왜 생기나요?", "종이는 나무로 어떻게 만드나요?", "고양이는 왜 밤에 그르렁거리나요?"),
    ),
    "Amharic": Script(
        ("የመልሱን እያንዳንዱን ደረጃ በዝርዝር አስረዳ አሁን።", "ምንም ዓይነት ውጤት ሳትተው ሁሉንም ጻፍ።"),
        ("የባሕር ውኃ ለምን በየቀኑ ከፍ ይላል፧", "ወረቀት ከእንጨት እንዴት ተደርጎ ይሠራል፧", "ድመቶች በሌሊት ለምን እንዲህ ይጮኻሉ፧"),
    ),
    "Khmer": Script(
        ("សូមពន្យល់គ្រប់ជំហានទាំងអស់។", "កុំរំលងលទ្ធផលណាមួយឡើយ៕"),
        ("ហេតុអ្វីទឹកសមុទ្រឡើង?", "ក្រដាសធ្វើពីឈើយ៉ាងដូចម្តេច?", "ហេតុអ្វីឆ្មាស្រែកពេលយប់?"),
        "",
    ),
    "Burmese": Script(
        ("အဖြေ၏အဆင့်တိုင်းကိုရှင်းပြပါ။", "မည်သည့်ရလဒ်ကိုမျှမချန်ပါနှင့်။"),
        ("ပင်လယ်ရေဘာကြောင့်တက်သလဲ။", "စက္ကူကိုသစ်သားမှဘယ်လိုလုပ်သလဲ။", "ကြောင်များညတွင်ဘာကြောင့်အော်သလဲ။"),
        "",
    ),
    "Armenian": Script(
        ("Բացատրիր պատասխանիդ ամեն մի քայլը։", "Բաց մի թող ոչ մի արդյունք։"),
        (
            "Ինչո՞ւ է ծովի ջուրը ամեն օր բարձրանում։",
            "Ինչպե՞ս են փայտից լավ թուղթ պատրաստում։",
            "Ինչո՞ւ են կատուները գիշերը այդպես մռռում։",
        ),
    ),
    "Tibetan": Script(
        ("ལན་གྱི་གོམ་པ་ཚང་མ་འགྲེལ་བཤད་གནང་རོགས།", "གྲུབ་འབྲས་གང་ཡང་མ་དོར་རོགས༎"),
        ("རྒྱ་མཚོའི་ཆུ་ཅིའི་ཕྱིར་འཕེལ།", "ཤོག་བུ་ཤིང་ལས་ཇི་ལྟར་བཟོ།", "ཞི་མི་མཚན་མོ་ཅིའི་ཕྱིར་སྒྲ་སྒྲོགས།"),
    ),
    "Georgian": Script(
        ("ახსენი პასუხის თითოეული ნაბიჯი დაწვრილებით.", "არ გამოტოვო არც ერთი შუალედური შედეგი!"),
        (
            "რატომ იწევს ზღვის დონე ყოველდღე?",
            "როგორ მზადდება კარგი ქაღალდი ხისგან?",
            "რატომ კრუტუნებენ კატები მთელი ღამე?",
        ),
    ),
}
EVERY_SCRIPT = pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)


def split(*texts: str | bytes) -> Words:
    raws = [text if isinstance(text, bytes) else text.encode() for text in texts]
    return words_of(np.frombuffer(b"".join(raws), np.uint8), np.cumsum([0, *map(len, raws)]))


def sentences(*texts: str | bytes) -> list[list[int]]:
    """The sentence hashes of each of a batch's texts; those of a text alone are the same."""
    hashes, of, _ = split(*texts).sentences(MIN_SENTENCE_WORDS)
    found = [hashes[of == number].tolist() for number in range(len(texts))]
    for text, batched in zip(texts, found, strict=True):
        assert one_text(text if isinstance(text, bytes) else text.encode()).sentences.tolist() == batched
    return found


def read_back(text: str) -> list[str]:
    words = split(text)
    return [bytes(words.letters[s:e]).decode() for s, e in zip(words.starts, words.ends, strict=True)]


@EVERY_SCRIPT
def test_two_fixed_sentences_are_what_three_prompts_share(script: Script) -> None:
    (first, second), (one, two, three), between = script
    orders = [(first, second, one), (two, first, second), (first, three, second)]
    found = sentences(*[between.join(order) for order in orders])
    alone = sentences(first, second, one, two, three)
    assert [len(each) for each in alone] == [1] * 5
    assert [len(each) for each in found] == [3] * 3
    assert set(found[0]) & set(found[1]) & set(found[2]) == {*alone[0], *alone[1]}


@EVERY_SCRIPT
def test_a_sentence_is_itself_whatever_stands_around_it(script: Script) -> None:
    fixed = script.fixed[0]
    ((alone,),) = sentences(fixed)
    around = [script.own[0], script.own[1]]
    for before, after in [("", around[0]), (around[0], ""), (around[0], around[1]), ("", ""), ("…", "?!")]:
        assert alone in sentences(script.between.join([before, fixed, after]))[0]


@EVERY_SCRIPT
def test_marks_alone_are_no_sentence(script: Script) -> None:
    marks = "".join(c for c in "".join(script.fixed + script.own) if unicodedata.category(c)[0] in "PZ")
    marks = (re.sub("[՛՜՞]", "", marks) or "๏ ๚ ") * 9
    assert sentences(marks, marks + script.fixed[0] + marks)[0] == []
    assert sentences(marks + script.fixed[0] + marks) == sentences(script.fixed[0])


@pytest.mark.parametrize(
    ("four", "five"),
    [
        ("one two three four.", "one two three four five."),
        ("один два три четыре.", "один два три четыре пять."),
        ("एक दो तीन चार।", "एक दो तीन चार पाँच।"),
        ("واحد اثنان ثلاثة أربعة؟", "واحد اثنان ثلاثة أربعة خمسة؟"),
        ("一二三四。", "一二三四五。"),
        ("한두세네.", "한두세네다."),
        # Four letters that start words, whatever combines with them.
        ("กิก่กีกู", "กิก่กีกูก้"),
        ("ກິກ່ກີກູ", "ກິກ່ກີກູກ້"),
        ("ကိုကိုကိုကို။", "ကိုကိုကိုကိုကို။"),
        ("កិកិកិកិ។", "កិកិកិកិកិ។"),
        ("ཀ་ཁ་ག་ང་།", "ཀ་ཁ་ག་ང་ཅ་།"),
        ("ሀ ለ ሐ መ።", "ሀ፡ለ፡ሐ፡መ፡ሠ።"),
    ],
)
def test_four_words_are_no_sentence_and_five_are(four: str, five: str) -> None:
    assert [len(each) for each in sentences(four, five, four + " " + five)] == [0, 1, 1]
    # The end of a sentence keeps the words on its two sides apart.
    assert sentences(f"{four} {four}") == [[]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("你好，世界、（再见）；「一」：二", ["你", "好", "世", "界", "再", "见", "一", "二"]),
        ("Ｈｅｌｌｏ，ｗｏｒｌｄ！１２＋３", ["ｈｅｌｌｏ", "ｗｏｒｌｄ"]),
        ("«Привет», — СКАЗАЛ Ёж…", ["привет", "сказал", "ёж"]),
        ("Τί κάνεις; ΚΑΛΆ·", ["τί", "κάνεις", "καλά"]),
        ("don’t “quote” – it", ["don", "t", "quote", "it"]),
        ("ÉCOLE ŽIVOT ĐẤT Ÿ", ["école", "život", "đất", "ÿ".upper().lower()]),
        ("قال: ١٢٣، نعم", ["قال", "نعم"]),
        ("می\u200cروم \u200fکتاب", ["می\u200cروم", "کتاب"]),
        ("१२ घर ৩ বাড়ি", ["घर", "বাড়ি"]),
        ("Ինչպե՞ս ՀԱՅ", ["ինչպե՞ս", "հայ"]),
        ("กาแฟ ดี", ["ก", "า", "แ", "ฟ", "ด\u0e35"]),
        ("が か\u3099", ["が", "か\u3099"]),
        ("İ ẞ ſ 🙂 a", ["İ", "ẞ", "ſ", "🙂", "a"]),
    ],
)
def test_words_as_they_are_read(text: str, words: list[str]) -> None:
    assert read_back(text) == words


# Samaritan, N'Ko, Lisu, Vai, Bamum, Phags-pa, Saurashtra, Kayah Li, Javanese, Cham, Meetei, Tai Tham, Balinese, Lepcha,
# Ol Chiki, Coptic, and punctuation that came late.
@pytest.mark.parametrize("mark", "\u0839\u083e߹꓿꘎꛳꡶꣎꤯꧉꩝꫰꯫\u1aa8᭚᰻᱾⳹⸮⹓\u061d")
def test_marks_of_lesser_known_scripts_end_a_sentence_too(mark: str) -> None:
    first, second, _ = SCRIPTS["Latin"].own
    (one,), (two,) = sentences(first, second)
    assert sentences(f"{first[:-1]}{mark}{second[:-1]}{mark}") == [[one, two]]


def test_a_space_ends_a_clause_between_letters_of_thai_alone() -> None:
    first, second = SCRIPTS["Thai"].fixed
    parts = sentences(f"{first} {second}", f"{first}  {second}", f"{first} Python {second}", f"{first}\u00a0{second}")
    assert [len(each) for each in parts] == [2, 2, 1, 1]
    assert parts[0] == parts[1]
    # A text's end is no letter: what follows is another's.
    assert sentences(first, " " + second, first) == [*sentences(first), *sentences(second), *sentences(first)]


# The last is no mark, but no letter either where bytes of it are missing.
@pytest.mark.parametrize("mark", ["。", "।", "؟", "…", "։", "！", "🙂"])
def test_a_mark_cut_off_at_either_end_is_no_letter_and_no_mark_of_the_next_text(mark: str) -> None:
    sentence, after = "alpha beta gamma delta epsilon", "zeta eta theta iota kappa"
    whole = mark.encode()
    ((expected,),) = sentences(sentence)
    for size in range(1, len(whole)):
        # The rest of the mark begins the next text: across the line they are no mark.
        found = sentences(sentence.encode() + whole[:size], whole[size:] + b"a b c d", after)
        assert found[0] == [expected]
        assert found[2] == sentences(after)[0]
        assert split(sentence.encode() + whole[:size]).sequence_hashes() == split(sentence).sequence_hashes()


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=6), st.integers(0, 40))
def test_a_text_cut_anywhere_has_the_words_of_its_whole_characters(texts: list[str], end: int) -> None:
    cut = [text.encode("utf-8", "replace")[:end] for text in texts]
    whole = [raw.decode("utf-8", "ignore") for raw in cut]
    assert np.array_equal(split(*cut).sequence_hashes(), split(*whole).sequence_hashes())


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=60))
def test_the_two_forms_of_one_text_have_the_same_words(text: str) -> None:
    raw = text.encode("utf-8", "replace")
    letters, starting = letters_of(np.frombuffer(raw, np.uint8), np.array([0, len(raw)]))
    marked = np.insert(letters, starting, GAP).tobytes()
    lines = [line.replace(bytes([GAP]), b" ").split() for line in marked.split(bytes([END]))]
    assert [line for line in lines if line] == [line.split() for line in spaced(raw).split(b"\n") if line.split()]


# As Unicode 3.2 knew them, which every Python knows too; marks added since are in the lists of characters.py.
OLD = unicodedata.ucd_3_2_0
BEYOND_ASCII = [chr(code) for code in range(0x80, 0x10000) if not 0xD800 <= code < 0xE000]
# Armenian marks stand over a letter, a soft hyphen is not seen, and three are symbols to later Unicodes.
NO_GAPS = "՛՜՞՟\u00ad\u166d\u23b4\u23b5\u23b6"


def words_between_a_and_b(characters: list[str]) -> list[list[bytes]]:
    words = split(*[f"a{character}b" for character in characters])
    spelled = [bytes(words.letters[s:e]) for s, e in zip(words.starts, words.ends, strict=True)]
    return [spelled[a:b] for a, b in zip(words.text_offsets[:-1], words.text_offsets[1:], strict=True)]


def test_punctuation_spaces_and_digits_of_every_script_are_gaps() -> None:
    kinds = {c: OLD.category(c) for c in BEYOND_ASCII if c not in NO_GAPS}
    gaps = [c for c, kind in kinds.items() if kind[0] in "PZ" or kind == "Nd"]
    read = words_between_a_and_b(gaps)
    assert [f"{ord(c):04X}" for c, words in zip(gaps, read, strict=True) if words != [b"a", b"b"]] == []


def test_letters_of_every_script_are_letters() -> None:
    letters = [c for c in BEYOND_ASCII if OLD.category(c)[0] in "LM"]
    read = words_between_a_and_b(letters)
    spelled = [b"".join(words).decode() for words in read]
    assert [f"{ord(c):04X}" for c, text in zip(letters, spelled, strict=True) if text.lower() != f"a{c}b".lower()] == []
