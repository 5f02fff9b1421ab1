"""What people ask of a model: subjects, and the forms that their questions have."""

SUBJECTS: dict[str, tuple[str, ...]] = {
    "cooking": (
        "chicken thighs", "sourdough starter", "lentil soup", "rice cooker", "cast iron pan", "banana bread",
        "leftover pasta", "tofu", "slow cooker chili", "pancakes without eggs", "meal prep", "risotto", "fried rice",
        "pizza dough", "pickled onions", "carbonara", "air fryer potatoes", "vegan brownies", "salmon", "bone broth",
    ),
    "travel": (
        "3 days in Lisbon", "a layover in Doha", "train from Berlin to Prague", "Japan in april", "visa for Vietnam",
        "backpacking Peru", "family trip to Crete", "cheap flights to Toronto", "road trip in Norway",
        "a weekend in Krakow", "carry on rules ryanair", "Bali with a toddler", "northern lights tromso",
        "safari in kenya", "hostels in bogota", "rome with my parents",
    ),
    "health": (
        "lower back pain", "iron deficiency", "migraine", "sleeping badly", "vitamin d", "sprained ankle",
        "seasonal allergies", "blood pressure readings", "acid reflux", "dry skin in winter", "a stiff neck",
        "anxiety before meetings", "knee pain when running", "wisdom teeth removal", "cholesterol", "tinnitus",
        "eczema", "caffeine withdrawal",
    ),
    "fitness": (
        "couch to 5k", "pull ups", "home workout no equipment", "deadlift form", "marathon taper",
        "stretching for desk workers", "protein intake", "push pull legs split", "losing 5kg", "kettlebell routine",
        "zone 2 training", "yoga for beginners", "swimming technique", "half marathon plan",
    ),
    "money": (
        "index funds", "a car loan", "mortgage refinance", "tax deduction home office", "roth vs traditional ira",
        "credit score", "freelance invoice", "student loans", "budget for a family of 4", "emergency fund",
        "selling a used car", "VAT registration", "crypto taxes", "a late rent payment", "currency exchange fees",
        "life insurance",
    ),
    "people": (
        "my roommate", "my ex", "a coworker who takes credit", "my mother in law", "a friend who cancelled again",
        "my teenage son", "a first date", "my boss", "wedding guest list", "my neighbour's dog",
        "a long distance relationship", "my sister's birthday", "a breakup", "an awkward group chat",
    ),
    "writing": (
        "cover letter", "birthday message", "resignation email", "wedding speech", "haiku about autumn",
        "blog intro", "product description for handmade candles", "linkedin bio", "short story about a lighthouse",
        "complaint letter to the landlord", "newsletter subject line", "eulogy for my grandfather",
        "poem for my daughter", "retirement card", "cold email", "about page", "villain backstory", "thank you note",
    ),
    "code": (
        "react useEffect loop", "docker compose networking", "python asyncio timeout", "git rebase conflict",
        "css grid layout", "postgres index not used", "regex for emails", "pandas groupby", "typescript generics",
        "nginx reverse proxy", "kubernetes crashloop", "sqlalchemy session", "flask login", "rust borrow checker",
        "java streams", "vue router", "bash script loop over files", "jwt refresh tokens", "github actions cache",
        "swiftui list", "unity coroutine", "mysql deadlock", "webpack config", "redis expiry", "laravel migration",
        "go channels", "c++ segfault", "excel vba macro", "power bi dax", "terraform state lock",
    ),
    "math": (
        "derivative of x^2 sin x", "quadratic formula", "standard deviation", "integrating by parts",
        "probability of two dice", "matrix inverse", "fractions", "compound interest", "similar triangles",
        "logarithms", "bayes theorem", "permutations", "vectors dot product", "slope of a line", "limits",
        "percent change",
    ),
    "history": (
        "fall of the roman empire", "the cold war", "french revolution", "silk road", "ottoman empire",
        "the great depression", "the black death", "apartheid", "meiji restoration", "magna carta", "causes of ww1",
        "the aztecs", "berlin wall", "industrial revolution", "indian independence", "vikings in england",
    ),
    "science": (
        "photosynthesis", "black holes", "plate tectonics", "mitosis vs meiosis", "how vaccines work", "entropy",
        "crispr", "ocean acidification", "why the sky is blue", "half life", "quantum entanglement",
        "the krebs cycle", "natural selection", "nuclear fusion", "gravity waves", "ph scale",
        "antibiotics resistance", "photons",
    ),
    "games": (
        "elden ring build", "minecraft redstone door", "dnd one shot", "chess openings", "stardew valley year 1",
        "pokemon team", "league of legends jungle", "baldurs gate 3 bard", "factorio belts", "valorant crosshair",
        "cities skylines traffic", "zelda shrine", "warhammer list", "poker odds", "name for my guild",
    ),
    "pets": (
        "my cat not eating", "puppy biting", "a hamster cage", "dog separation anxiety", "aquarium algae",
        "rabbit diet", "kitten vaccines", "training recall", "old dog arthritis", "parrot screaming",
    ),
    "home": (
        "leaking tap", "mould in the bathroom", "painting a radiator", "squeaky door", "wifi dead spot",
        "washing machine smell", "hanging shelves on drywall", "tomato plants yellow leaves", "lawn moss",
        "dishwasher not draining", "ikea wardrobe", "insulating a loft", "ants in the kitchen", "thermostat wiring",
        "blocked gutter",
    ),
    "job": (
        "job interview at a bank", "salary negotiation", "resume for nursing", "project manager career",
        "leaving after 3 months", "performance review", "internship application", "career change at 40",
        "remote work policy", "star method answers", "gap in my cv", "kpi for a sales team", "onboarding checklist",
        "meeting minutes",
    ),
    "media": (
        "movies like inception", "guitar chords for wonderwall", "books about grief", "anime recommendations",
        "90s hip hop playlist", "podcast on history", "kdrama ending explained", "the matrix", "jazz for beginners",
        "best sci fi novels", "song lyrics meaning", "how to sing higher", "ukulele tuning", "oscar winners",
    ),
    "office": (
        "excel vlookup", "pivot table", "quarterly report", "meeting agenda", "powerpoint outline",
        "sharepoint permissions", "customer complaint reply", "supplier contract", "gdpr notice", "holiday request",
        "minutes of the meeting", "sales forecast", "inventory spreadsheet", "tender response", "safety training",
        "org chart",
    ),
    "language": (
        "subjunctive in spanish", "german cases", "difference between affect and effect", "japanese particles",
        "french passe compose", "phrasal verbs", "arabic alphabet", "ielts essay", "polite korean",
        "idioms with dog", "english pronunciation", "chinese tones", "commas", "portuguese ser and estar",
    ),
    "tech": (
        "iphone storage full", "windows update stuck", "printer offline", "forgot gmail password",
        "chromebook linux", "bluetooth headphones lag", "which laptop", "macbook fan noise", "router settings",
        "android backup", "second monitor not detected", "vpn not connecting", "old hard drive", "spam calls",
        "raspberry pi", "ps5 disc",
    ),
    "faith": (
        "meaning of psalm 23", "ramadan fasting", "buddhist meditation", "christmas homily", "stoicism", "karma",
        "book of job", "tarot the tower", "moon in scorpio", "dream about falling",
    ),
}  # fmt: skip
DOMAINS = tuple(SUBJECTS)
FORMS = (
    "how do i deal with {x}", "what's the best way to handle {x}?", "{x}", "explain {x}", "explain {x} like im 5",
    "can you help me with {x}", "help with {x} pls", "I need help with {x}. {ctx}", "{ctx} any advice on {x}?",
    "tips for {x}", "give me {n} ideas about {x}", "what should I know about {x}",
    "is it normal to struggle with {x}? {ctx}", "write a short text about {x}",
    "make a list of {n} things about {x}", "compare {x} and {y}", "whats the difference between {x} and {y}",
    "{x} or {y}? {ctx}", "why is {x} so hard", "quick question about {x}: {q}", "{q} ({x})",
    "could you give me a step by step guide for {x}?", "step by step: {x}",
    "summarize what matters about {x} in {n} bullet points", "i dont understand {x}",
    "please explain {x} in simple words, {ctx}", "what are common mistakes with {x}?",
    "how long does it take to get {x} right", "plan for {x}, {ctx}", "Draft an email about {x}. {ctx}",
    "what would you do about {x}", "{ctx} I was thinking about {x}. {q}", "pros and cons of {x}",
    "make me a table about {x} with {n} rows", "{x} for beginners", "what do people get wrong about {x}",
    "can you check this: {x} means {y}?", "tell me about {x}", "tell me more about {x} and also {y}",
    "i have {n} days left for {x}, what now", "hey, {x}... {q}", "what is {x}",
    "what questions should i ask about {x}", "act as an expert on {x} and answer my questions",
    "give an example of {x}", "{x} example", "need something short on {x} for {who}",
    "how would you explain {x} to {who}?", "is there a cheaper alternative for {x}",
    "problem with {x} since {when}. {q}", "write {n} quiz questions about {x}", "how much does {x} cost in {city}",
)  # fmt: skip
OPENERS = (
    "", "", "", "", "", "", "", "hi, ", "hey, ", "hello! ", "so ", "ok ", "quick q: ", "question: ", "um ", "pls ",
    "ok so ", "sorry, ", "again: ", "another one: ",
)  # fmt: skip
ASKS = (
    "how do i", "how can i", "how should i", "how would you", "what's the easiest way to", "best way to",
    "is it possible to", "any trick to", "i want to", "i need to", "i have to", "help me", "can you help me",
    "could you tell me how to", "do you know how to", "where do i start if i want to", "i'm trying to",
    "i can't seem to", "my {rel} wants to", "is it a good idea to", "is it worth it to", "when should i",
    "how long would it take to", "we need to", "teach me to", "should i", "what do i need to",
)  # fmt: skip
VERBS = (
    "deal with", "handle", "get better at", "sort out", "fix", "learn", "approach", "plan", "improve", "understand",
    "think about", "set up", "choose", "compare options for", "avoid problems with", "save money on", "talk about",
    "write about", "prepare for", "practice", "describe", "check", "organise", "get rid of trouble with", "explain",
    "document", "decide on", "change", "speed up", "redo",
)  # fmt: skip
TAILS = (
    "", "", "", "", "", "?", "?", "??", " please", " pls", ". {ctx}", ". {ctx}", " {ctx}", ", {q}", ". {q}",
    " for {who}", " by {when2}", " in {city}", " with {n} {unit} to spare", " as a beginner", " at {age}",
    " without spending more than {m}", " and {y}", " in {n} steps", " (asking for my {rel})", "... {q}",
    ". {ctx} {q}", " since {when}",
)  # fmt: skip
NOUN_FORMS = (
    "{x}, {q}", "{x} + {y}", "{x}", "{x}?", "{ctx} {x}?", "{n} {x} ideas", "{x} {city}", "{x} help", "{x} vs {y}",
    "{x} for {who}", "{x} not working since {when}", "{x}: {ctx} {q}", "re: {x}. {q}", "{x} explained",
    "{x} checklist", "text about {x}, {n} lines", "{x} in {n} {unit}?", "{ctx} {ctx} {x}, {q}",
)  # fmt: skip
CONTEXTS = (
    "i live in {city}.", "It's for {who}.", "I have about {n} {unit}.", "started {when}.",
    "I already tried {n} times.", "my budget is {m} dollars.", "I'm {age} and new to this.",
    "no idea where to begin.", "we are {n} people.", "this is for work.", "deadline is {when2}.",
    "my {rel} says I'm wrong.", "English is not my first language.", "keep it short.", "I read about it on reddit.",
    "in {city} its different.", "I'm on a tight schedule.", "My {rel} asked me.", "using an older version.",
    "don't want anything fancy.",
)  # fmt: skip
QUESTIONS = (
    "what am i missing?", "where do i start", "is that ok?", "which one is better", "how much should it cost",
    "does that make sense", "whats the first step", "should i worry", "can it wait until {when2}",
    "is there a rule of thumb", "how would you do it?", "what do you think?", "any downsides?", "who do I ask?",
)  # fmt: skip
SLOTS: dict[str, tuple[str, ...]] = {
    "city": (
        "Leeds", "Austin", "Pune", "Manila", "Hamburg", "Lyon", "Lagos", "São Paulo", "Toronto", "Osaka", "Kraków",
        "Dublin", "Melbourne", "Nairobi", "Ankara", "Chicago", "Jakarta", "Madrid", "Seoul", "Cairo", "Boise",
        "Utrecht",
    ),
    "who": (
        "my mom", "a 10 year old", "my team", "my class", "a client", "my girlfriend", "my grandpa", "our board",
        "new hires", "a friend", "my landlord", "8th graders", "my manager", "tourists",
    ),
    "unit": ("hours", "days", "weeks", "minutes a day", "euros", "pages"),
    "when": ("last week", "monday", "two months ago", "yesterday", "the update", "january", "this morning", "summer"),
    "when2": ("friday", "tomorrow", "next week", "end of month", "tonight", "the 15th"),
    "rel": ("wife", "husband", "brother", "teacher", "boss", "doctor", "friend", "dad", "roommate", "colleague"),
}  # fmt: skip
SMALL_TALK = (
    "hi", "hello", "hey", "test", "hi there", "thanks", "thank you", "ok", "how are you?", "how are you",
    "who are you?", "tell me a joke", "good morning", "what can you do?", "yo", "hello?", "are you there", "testing",
    "hola", "what's up", "tell me a story", "what is your name", "Hello!", "Hi!", "ping", "help", "what day is it",
    "are you human?", "write a poem", "what model are you", "hello world", "sing a song", "bonjour", "你好", "hallo",
    "good night", "what is the meaning of life?", "can you help me?", "asdf", "1+1", "what is 2+2", "I'm bored",
    "i love you", "lol", "what is the capital of france", "give me a random number", "tell me a fun fact", "namaste",
    "salam", "привет", "oi tudo bem", "what time is it",
)  # fmt: skip
FOLLOW_UPS = (
    "thanks", "thank you!", "ok and then?", "can you make it shorter", "shorter please", "more detail please",
    "continue", "go on", "give me an example", "why?", "that's not what i meant", "what about the second one",
    "rewrite it more formal", "make it funnier", "in {lang} please", "hmm are you sure?", "no that doesnt work",
    "it still fails", "ok what else", "now as a table", "can you explain the last part again", "perfect",
    "great, one more", "and for {who}?", "what would it cost", "bullet points please", "explain like I'm five",
    "remove the last paragraph", "add a conclusion", "yes", "no", "yes please", "what if i only have {n} {unit}",
    "sources?", "can you check that again", "try again", "use simpler words", "{q}",
)  # fmt: skip
LANGUAGES = (
    "spanish", "german", "french", "portuguese", "japanese", "italian", "polish", "turkish", "hindi", "korean",
    "arabic", "dutch", "chinese", "russian", "vietnamese",
)  # fmt: skip
FOREIGN_FORMS = (
    "¿cómo puedo mejorar mi {a}?", "necesito ayuda con {b} por favor", "Escribe un correo para {b}",
    "wie funktioniert {c}?", "Schreib mir bitte eine E-Mail wegen {c}", "kannst du mir {c} erklären",
    "comment faire pour {d} ?", "écris une lettre pour {d}", "me explica {e} de forma simples",
    "faz um resumo sobre {e}", "как работает {f}?", "напиши текст про {f}", "请解释一下{g}", "帮我写一篇关于{g}的文章",
    "{h} nedir kısaca anlat", "{i}について教えてください", "{i}のメールを書いて",
)  # fmt: skip
FOREIGN_SLOTS: dict[str, tuple[str, ...]] = {
    "a": ("inglés", "currículum", "resistencia", "ortografía", "negocio", "memoria"),
    "b": ("la tarea de química", "mi jefe", "una multa", "el alquiler", "una entrevista", "el IVA"),
    "c": ("die Steuererklärung", "ein Kredit", "die Kündigung", "Photosynthese", "der Mietvertrag", "Excel"),
    "d": (
        "un entretien", "la CAF", "un dossier de location", "une recette de quiche", "réviser le bac", "un préavis",
    ),
    "e": ("a reforma tributária", "fotossíntese", "juros compostos", "o MEI", "banco de dados", "a independência"),
    "f": ("ипотека", "нейросеть", "ипотечный вычет", "двигатель", "сервер nginx", "отпуск"),
    "g": ("机器学习", "端午节", "租房合同", "面试技巧", "光合作用", "减肥", "股票"),
    "h": ("enflasyon", "kira sözleşmesi", "yapay zeka", "fotosentez"),
    "i": ("確定申告", "英語の勉強", "自己紹介", "面接", "敬語"),
}  # fmt: skip
