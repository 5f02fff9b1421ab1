"""Nouns of daily life and of work, for all grammars of this generator."""

from __future__ import annotations

from fourth_grammar import read_rules

__all__ = ["WORDS"]

_DAILY = """
first: Maria | Tom | Aisha | Kenji | Olga | Luca | Priya | Sam | Noah | Elif | Chloe | Mateo | Ingrid | Kwame | Yara |
  Dan
  | Fatima | Jonas | Wei | Rosa | Pavel | Hannah | Omar | Lena | Victor | Nina | Ravi | Sofia | Ben | Amara | Grace |
  Ivan
last: Keller | Okafor | Tanaka | Silva | Novak | Brown | Haddad | Lindqvist | Moreau | Rossi | Patel | Kim | Garcia |
  Weber
  | Murphy | Yilmaz | Petrov | Jensen | Costa | Nguyen | Dubois | Schmidt | Ahmed | Larsen | Cohen | Mendes | Park |
  Fischer
relative: mother | father | sister | brother | daughter | son | grandmother | wife | husband | partner | cousin | nephew
  | uncle | mother in law | best friend | roommate | neighbour
place: Lisbon | Denver | Osaka | Leeds | Kraków | Nairobi | Toronto | Valencia | Lyon | Austin | Oslo | Pune | Lima |
  Ghent
  | Cape Town | Seoul | Bologna | Porto | Boise | Tampere | Hamburg | Galway | Izmir | Quito | Da Nang | Perth | Malmö
  | Savannah | Tbilisi | Bergen | Turin | Marseille | Dublin | Gdańsk | Fez | Cusco | Vilnius | Chiang Mai | Halifax
country: Portugal | Japan | Peru | Norway | Morocco | Italy | Vietnam | Canada | Greece | Kenya | Mexico | Poland |
  Spain
  | Thailand | Ireland | Turkey | Chile | Croatia | Georgia | Iceland | Austria | South Korea | Colombia | New Zealand
dish: lasagna | pad thai | lentil soup | sourdough | beef stew | ratatouille | chicken tikka | ramen | paella | gnocchi
  | banana bread | shakshuka | pierogi | apple pie | chili | fried rice | hummus | dal | risotto | tacos al pastor
  | mushroom pie | pancakes | cheesecake | goulash | falafel | kimchi | minestrone | brownies | focaccia | curry
food: chickpeas | leftover rice | zucchini | cottage cheese | salmon | sweet potatoes | tofu | spinach | ground turkey
  | buttermilk | canned tomatoes | oats | a whole chicken | red lentils | aubergine | cauliflower | stale bread |
  ricotta
plant: tomatoes | basil | a monstera | hydrangeas | a lemon tree | roses | lavender | an orchid | raspberries | peppers
  | a fiddle leaf fig | strawberries | boxwood | potatoes | a bonsai | dahlias | an olive tree | cucumbers | succulents
pet: cat | dog | puppy | kitten | hamster | parrot | rabbit | old labrador | rescue greyhound | guinea pig | bearded
  dragon
thing: washing machine | bike chain | dishwasher | laptop fan | boiler | garage door | leaky tap | ceiling fan |
  window blind
  | car battery | sewing machine | espresso machine | router | printer | fridge | toilet cistern | wooden deck |
  bathroom tile
  | lawn mower | radiator | gutter | door hinge | vacuum robot | oven thermostat | shower drain | squeaky floor
car: 2012 Corolla | old Golf | Fiesta | used Model 3 | Civic | Ford Transit | Yaris hybrid | Skoda estate | Outback |
  Polo
hobby: chess | pottery | climbing | knitting | photography | guitar | birdwatching | running | bouldering | watercolour
  | sailing | piano | board games | baking | cycling | tango | astronomy | woodworking | swimming | fly fishing |
  crochet
symptom: a sore knee | headaches every afternoon | a stiff neck | trouble sleeping | an itchy rash on my arm | heartburn
  | a twitching eyelid | lower back pain | a dry cough | dizziness when I stand up | numb fingers | ringing in one ear
event: wedding | birthday party | job interview | baby shower | housewarming | school play | retirement party | road
  trip
  | funeral | first date | family reunion | graduation | moving day | marathon | parents evening | christening
show: a mystery series | an old sitcom | a documentary about whales | a slow french film | an anime | a heist movie
  | a historical drama | a podcast about maps | a cosy fantasy novel | a memoir | a space opera | a graphic novel
bill: electricity bill | rent | car insurance | mortgage | phone contract | council tax | gym membership | credit card
  debt
  | student loan | heating costs | daycare fees | streaming subscriptions
mood: happy | anxious | relieved | nostalgic | bored | annoyed | hopeful | tired | proud | lonely | curious |
  overwhelmed
weather: rainy | windy | sweltering | freezing | foggy | stormy | mild | snowy
"""

_WORK = """
job: nurse | teacher | accountant | plumber | web developer | barista | project manager | translator | electrician
  | data analyst | paralegal | chef | librarian | truck driver | physiotherapist | estate agent | lab technician
  | social worker | product designer | warehouse supervisor | pharmacist | sound engineer | recruiter | civil engineer
trade: bakery | dental practice | logistics firm | yoga studio | insurance broker | hotel | bike shop | law firm |
  brewery
  | online furniture shop | solar installer | veterinary clinic | school | museum | charity | print shop | fintech
  start-up
  | farm cooperative | architecture office | car rental | cosmetics brand | travel agency | property manager | call
  centre
product: standing desk | cold brew | running shoe | water filter | language course | scheduling app | pet food |
  travel bag
  | invoice tool | e-bike | garden hose | coffee subscription | noise-cancelling headset | rain jacket | baby monitor
  | payroll service | meal kit | phone case | smart lock | yoga mat | desk lamp | electric kettle | backpack | skin
  cream
task: quarterly report | onboarding plan | shift schedule | price list | meeting agenda | risk register | budget
  | job posting | press release | status update | user survey | training slide deck | cover letter | grant application
  | tender response | performance review | incident report | project charter | newsletter | service contract
colleague: boss | manager | colleague | client | supplier | landlord | intern | contractor | customer | teammate |
  auditor
subject: photosynthesis | the French Revolution | compound interest | plate tectonics | the Cold War | supply and demand
  | mitosis | the Silk Road | black holes | the water cycle | Newton's laws | the immune system | Shakespeare's sonnets
  | Ottoman trade | stoichiometry | probability | the periodic table | inflation | the Renaissance | sound waves
  | linear regression | colonialism in Africa | vectors | genetics | the Roman Republic | electric circuits |
  existentialism
  | game theory | the carbon cycle | osmosis | the Meiji era | quadratic equations | monetary policy | herd immunity
lang: Python | JavaScript | TypeScript | Go | Rust | Java | C# | SQL | bash | PHP | Kotlin | Ruby | Swift | R | C++
lib: pandas | React | Django | FastAPI | numpy | Express | Spring | pytest | Docker | Terraform | Next.js | Flask | Vue
  | Kafka | Redis | Postgres | SQLAlchemy | Tailwind | Celery | GitHub Actions | nginx | Kubernetes | Airflow | Prisma
error: a null pointer | a timeout | a CORS error | a circular import | a memory leak | an off by one | a deadlock
  | a 502 | a type mismatch | a missing migration | an encoding problem | a race condition | a stale cache | a segfault
algo: a binary search tree | an LRU cache | Dijkstra's algorithm | a rate limiter | a trie | quicksort | a CSV parser
  | a priority queue | a bloom filter | topological sort | a thread pool | an interval merge | a tokenizer | matrix
  inversion
  | a retry decorator | a debounce function | a url shortener | pagination | an event bus | k-means | a diff tool
tool: Excel | Notion | Jira | Salesforce | Photoshop | Google Sheets | Outlook | Figma | QuickBooks | Slack | WordPress
tongue: Spanish | German | Japanese | French | Italian | Portuguese | Korean | Dutch | Turkish | Polish | Arabic |
  Mandarin
adjective: quiet | reliable | affordable | colourful | compact | durable | simple | elegant | fast | modern | rustic |
  bold
audience: a ten year old | a beginner | my team | retired people | a busy manager | high school students | new parents
  | someone who hates maths | tourists | first-year students | our board | non-native speakers | small business owners
form: poem | short story | email | speech | blog post | slogan | dialogue | haiku | product description | toast | review
  | limerick | letter | summary | lesson plan | checklist | quiz | bedtime story | cover letter | tweet | essay | script
"""

WORDS = read_rules(_DAILY, _WORK)
