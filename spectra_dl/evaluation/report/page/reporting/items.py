"""What a study of a prediction model should report: the items of TRIPOD+AI in our own short words, with STARD's numbers.

TRIPOD+AI: Collins et al. 2024, BMJ 385:e078378, doi 10.1136/bmj-2023-078378. The numbers next to them are those of STARD 2015
(doi 10.1136/bmj.h5527), the list that STARD-AI (Sounderajah et al. 2025, doi 10.1038/s41591-025-03953-8) extends. PROBAST's are the
signalling questions of 2019 (Wolff et al., doi 10.7326/M18-1376), whose four domains PROBAST+AI keeps (Moons et al. 2025, doi 10.1136/bmj-2024-082505).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReportingItem:
    """One thing a reader needs to know.

    Attributes
    ----------
    number
        In TRIPOD+AI.
    stard
        The STARD 2015 items that ask for much the same; empty where none does.
    probast
        The questions of PROBAST 2019 that its answer bears on; empty where it bears on none.
    section
        Of the paper in which it belongs.
    asks
        What is asked for.
    """

    number: str
    stard: str
    probast: str
    section: str
    asks: str


REPORTING_ITEMS: tuple[ReportingItem, ...] = tuple(
    ReportingItem(*row)
    for row in (
        (
            "1",
            "1",
            "",
            "Title",
            "Title names the model's development or evaluation, its patients and the outcome",
        ),
        ("2", "2", "", "Abstract", "Structured abstract"),
        ("3a", "3", "", "Introduction", "Health question, diagnosis or prognosis, and earlier models"),
        ("3b", "3", "", "Introduction", "Whom the model is for, its place in care, who will use it"),
        ("3c", "", "", "Introduction", "Known inequalities in health between groups of people"),
        ("4", "4", "", "Introduction", "Aim: development, evaluation or both"),
        ("5a", "5", "1.1", "Methods", "Source of the data and whom they represent"),
        ("5b", "8", "3.6", "Methods", "Dates of recruitment and of follow-up"),
        ("6a", "8", "", "Methods", "Setting; number and places of centres"),
        ("6b", "6, 7, 9", "1.2", "Methods", "Who was eligible and how patients were found"),
        ("6c", "", "", "Methods", "Treatments, and how they were handled"),
        ("7", "", "", "Methods", "Preparation and quality checks of the data"),
        ("8a", "10b, 11", "3.1, 3.2, 3.3, 3.4", "Methods", "Outcome, how and when it was determined"),
        ("8b", "", "3.1", "Methods", "Who assessed the outcome, if judgement was needed"),
        ("8c", "13b", "3.5", "Methods", "Blinding of the outcome's assessment"),
        ("9a", "", "2.3, 4.5", "Methods", "Choice of the predictors offered to the model"),
        ("9b", "10a, 13a", "2.1, 2.2", "Methods", "Definition and measurement of the predictors, blinding"),
        ("9c", "", "", "Methods", "Who assessed the predictors, if judgement was needed"),
        ("10", "18", "4.1", "Methods", "How the number of patients was decided"),
        ("11", "15, 16", "4.3, 4.4", "Methods", "Missing or unusable data"),
        ("12a", "", "4.8", "Methods", "How the data were divided for development and evaluation"),
        ("12b", "", "4.2", "Methods", "How predictors were transformed and scaled"),
        ("12c", "", "4.5, 4.8", "Methods", "Kind of model, building steps, tuning, internal validation"),
        ("12d", "17", "", "Methods", "How differences between centres or batches were handled"),
        ("12e", "14", "4.7", "Methods", "Measures and plots of performance; how models are compared"),
        ("12f", "", "", "Methods", "Updating of the model after evaluation"),
        ("12g", "", "", "Methods", "How predictions were computed"),
        ("13", "", "4.6", "Methods", "Handling of unequal class sizes"),
        ("14", "", "", "Methods", "What was done for fairness"),
        ("15", "12a", "", "Methods", "The model's output, and how thresholds were chosen"),
        ("16", "", "", "Methods", "Differences between development and evaluation data"),
        ("17", "", "", "Methods", "Ethics approval and consent"),
        ("18a", "30", "", "Open science", "Funding"),
        ("18b", "", "", "Open science", "Conflicts of interest"),
        ("18c", "29", "", "Open science", "Protocol"),
        ("18d", "28", "", "Open science", "Registration"),
        ("18e", "", "", "Open science", "Where the data can be had"),
        ("18f", "", "", "Open science", "Where the code can be had"),
        ("19", "", "", "Patients", "Involvement of patients and public"),
        ("20a", "19", "4.3", "Results", "Flow of patients, with and without the outcome"),
        ("20b", "20, 21", "", "Results", "Characteristics of the patients, overall and by source"),
        ("20c", "", "", "Results", "Important predictors in development and evaluation data compared"),
        ("21", "", "", "Results", "Patients and outcomes in each analysis"),
        ("22", "", "4.9", "Results", "The whole model, so that others can apply it"),
        ("23a", "23, 24", "4.7", "Results", "Performance with intervals, also in subgroups"),
        ("23b", "17", "", "Results", "Performance by centre or batch"),
        ("24", "", "", "Results", "Results of updating the model"),
        ("25", "27", "", "Discussion", "Interpretation, fairness, and earlier studies"),
        ("26", "26", "", "Discussion", "Limitations and what they may bias"),
        ("27a", "", "", "Discussion", "Handling of poor input when the model is used"),
        ("27b", "", "", "Discussion", "What users must do and know"),
        ("27c", "27", "", "Discussion", "Next steps, applicability, generalisability"),
    )
)
