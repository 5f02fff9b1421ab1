"""Fixed sentences and words in scripts other than Latin, for prompts made by hand.

To add a script, add a line to ``SCRIPTS``: a sentence before a question, one after it, words for questions, what stands
between words, and what ends a sentence.
"""

from typing import NamedTuple

__all__ = ["SCRIPTS", "Script"]


class Script(NamedTuple):
    """What prompts in one script are made of; ``gap`` stands between words, ``stop`` ends a sentence."""

    before: str
    after: str
    words: str
    gap: str
    stop: str


SCRIPTS = {
    "Chinese": Script(
        "请把每一步推理写进名为账簿的表格里，不要省略任何中间结果。",
        "最后用一句话给出结论并标明你的把握有多大。",
        "水箱 水管 火车 速度 时间 苹果 价格 河流 桥梁 温度 面积 工人 机器 仓库 订单 城市 距离 重量 学生 老师",
        "",
        "。",
    ),
    "Japanese": Script(
        "途中の推論をすべて台帳という名前の表に書き出してから答えてください。",
        "最後に結論を一文で述べ、どのくらい確かかを必ず示してください。",
        "水槽 水道管 列車 速度 時間 りんご 値段 川 橋 温度 面積 作業員 機械 倉庫 注文 都市 距離 重さ 生徒 先生",
        "",
        "。",
    ),
    "Arabic": Script(
        "اكتب كل خطوة من خطوات التفكير في جدول اسمه دفتر الحسابات قبل أن تجيب.",
        "ثم اذكر النتيجة في جملة واحدة وبين مدى ثقتك فيها بوضوح.",
        "خزان أنبوب قطار سرعة وقت تفاح سعر نهر جسر حرارة مساحة عامل آلة مخزن طلب مدينة مسافة وزن طالب معلم",
        " ",
        ".",
    ),
    "Hindi": Script(
        "उत्तर देने से पहले सोच का हर कदम बहीखाता नाम की तालिका में लिखें।",
        "अंत में निष्कर्ष एक वाक्य में बताएं और अपना भरोसा भी साफ लिखें।",
        "टंकी पाइप रेलगाड़ी गति समय सेब कीमत नदी पुल तापमान क्षेत्रफल मजदूर मशीन गोदाम आदेश शहर दूरी वजन छात्र शिक्षक",
        " ",
        "।",
    ),
}
