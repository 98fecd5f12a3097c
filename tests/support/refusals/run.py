"""Sections G and H: the machine, the training, and leakage; checked by the tests that are named."""

from refusals.row import Right, Row

_MACHINE = "tests/refusals/test_machine.py"
_COMMANDS = "tests/cli/test_commands.py"
_RESUME = "tests/training/test_resume.py"
_LOOP = "tests/training/test_loop.py"
_SEALED = "tests/storage/test_sealed.py"
_LOCK = "tests/storage/test_folder_lock.py"
_HARNESS = "tests/evaluation/classes/test_harness.py"
_SPLITS = "tests/evaluation/folds/test_splits.py"
_RESUMED = "Run the same command with --resume."
_SPACE = "Free space, then run it again."


def _g(fault: str, right: Right, says: str, remedy: str, *tests: str, code: int | None = None) -> Row:
    return Row("G", fault, right, remedy, says=says, code=code, tests=tests)


def _h(fault: str, right: Right, says: str, remedy: str, *tests: str) -> Row:
    return Row("H", fault, right, remedy, says=says, tests=tests)


MACHINE = [
    _g("a disk that is full while a checkpoint is written", "refuse", "The checkpoint before is kept, and no part of a file.", _RESUMED, "tests/training/test_failing_disk.py::test_every_failure_leaves_a_checkpoint_to_go_on_from", f"{_RESUME}::test_a_full_disk_keeps_the_checkpoint_before", code=5),
    _g("a disk that is full while predictions are written", "refuse", "No file has its name before it is whole.", _SPACE, f"{_MACHINE}::test_a_disk_that_fills_up_gives_no_part_of_a_file", "tests/cli/test_failing_disk.py::test_predict_writes_whole_files_or_none", code=5),
    _g("a disk whose n-th operation fails", "refuse", "The old file or the new one is there, for every n.", _SPACE, "tests/cli/test_failing_disk.py::test_predict_writes_whole_files_or_none", "tests/storage/test_atomic.py::test_a_failing_disk_call_is_reported_and_the_old_file_stays", code=5),
    _g("a training that is killed", "same", "With --resume it ends with the same weights, bit for bit.", _RESUMED, f"{_RESUME}::test_a_killed_training_goes_on_to_the_same_bits", f"{_COMMANDS}::test_a_killed_training_goes_on_to_the_same_model_file"),
    _g("Ctrl-C in a training", "refuse", "It stops, keeps its checkpoint and says how to go on.", _RESUMED, f"{_COMMANDS}::test_an_interrupted_training_says_how_to_go_on", code=130),
    _g("Ctrl-C twice", "refuse", "It stops at once; the last checkpoint can be read.", _RESUMED, f"{_MACHINE}::test_a_training_that_is_asked_to_end_says_how_to_go_on", code=130),
    _g("SIGTERM, as batch systems send it", "refuse", "As with Ctrl-C.", _RESUMED, f"{_MACHINE}::test_a_training_that_is_asked_to_end_says_how_to_go_on", code=143),
    _g("Ctrl-C in predict", "refuse", "No result is written.", "Run it again.", f"{_MACHINE}::test_an_interrupted_prediction_leaves_no_result", code=130),
    _g("a reader that leaves early (| head)", "same", "The command ends in silence.", "Nothing.", f"{_COMMANDS}::test_a_reader_that_leaves_early_sees_no_traceback"),
    _g("an input without permission to read", "refuse", "Refused by name.", "Change its permissions.", "tests/refusals/test_permissions.py::test_a_file_that_may_not_be_read_is_refused_by_name"),
    _g("two commands with one --out", "refuse", "One writes; the other is refused and names the process at work.", "Wait for it, or choose another folder.", f"{_LOCK}::test_a_folder_in_use_is_refused_with_the_process", f"{_LOCK}::test_of_many_processes_at_once_exactly_one_writes", code=5),
    _g("a command that died with its --out", "warn", "The next one takes over, and says so.", "Nothing.", f"{_LOCK}::test_a_dead_owners_folder_is_taken_over_and_said"),
    _g("a clock that is wrong", "same", "No clock that can be set decides anything.", "Nothing.", "tests/test_arrows.py::test_no_clock_that_can_be_set_decides_anything"),
    _g("another locale, time zone or hash seed", "same", "The files are the same bytes.", "Nothing.", f"{_COMMANDS}::test_the_environment_changes_no_byte", f"{_MACHINE}::test_home_threads_locale_and_network_are_of_no_account"),
    _g("more threads, another batch size", "same", "The probabilities are the same.", "Nothing.", f"{_COMMANDS}::test_the_batch_size_changes_no_probability", f"{_MACHINE}::test_home_threads_locale_and_network_are_of_no_account"),
    _g("one bad spectrum among many in training", "warn", "It is left out and named before the training begins.", "Look at it.", "tests/spectra/test_cohort.py::test_a_broken_spectrum_is_left_out_and_named", "tests/training/test_batches.py::test_rows_that_are_not_finite_are_refused_by_number"),
    _g("a loss that is no longer finite", "refuse", "It stops before the step is taken, and names step, learning rate and rows.", "Lower the learning rate.", f"{_LOOP}::test_a_loss_that_is_not_finite_stops_the_step_and_names_the_rows", f"{_LOOP}::test_an_enormous_learning_rate_never_leaves_weights_that_are_not_finite", code=7),
    _g("a GPU whose memory is short", "warn", "Batches are taken in halves, and the batch size stays; if that is not enough, a size to try is said (5).", "Take the batch size it names.", f"{_LOOP}::test_short_memory_halves_the_rows_at_a_time_and_keeps_the_batch", f"{_LOOP}::test_memory_that_is_never_enough_ends_with_a_batch_size_to_try"),
    _g("a GPU that is asked for and not there", "refuse", "Refused; only auto may choose the CPU.", "Use --device cpu or auto.", f"{_LOOP}::test_a_gpu_that_is_not_there_is_refused_and_never_replaced", code=2),
    _g("memory that is short", "refuse", "Refused in a sentence, and no result is written.", "Split the input.", f"{_MACHINE}::test_short_memory_ends_with_a_sentence_and_no_result", "tests/spectra/readers/test_blocks.py::test_a_large_table_is_read_in_the_memory_of_a_block", code=5),
    _g("a limit on memory (ulimit -v, ulimit -d) below what the libraries need", "refuse", "Refused before anything is read, with what they need.", "Raise the limit, or use fewer threads.", "tests/execution/test_memory_limits.py::test_too_little_memory_for_the_libraries_is_a_sentence", code=5),
    _g("a terminal that knows only ASCII, no colours", "same", "What it can't show is printed as an escape.", "Nothing.", f"{_COMMANDS}::test_the_environment_changes_no_byte"),
    _g("file names with spaces, line breaks, bytes that are no text", "same", "The file is read, and no other is opened.", "Nothing.", f"{_MACHINE}::test_any_name_of_a_file_is_read_or_refused_and_no_other_opened"),
    _g("one flipped bit in a model or a checkpoint", "refuse", "Its SHA-256 does not match.", "Take a fresh copy.", f"{_SEALED}::test_every_single_bit_flip_is_refused", f"{_RESUME}::test_a_flipped_bit_is_always_noticed"),
    _g("classes swapped in a model's description", "refuse", "Its SHA-256 does not match.", "Take a fresh copy.", f"{_SEALED}::test_every_single_bit_flip_is_refused"),
    _g("tensors that are missing, too many or of another shape", "refuse", "They are named.", "Take a fresh copy.", "tests/spectra/estimators/test_classifier.py::test_missing_extra_and_mis_shaped_tensors_are_refused", f"{_RESUME}::test_a_checkpoint_of_another_network_is_refused_and_names_its_tensors"),
    _g("--resume with other data, settings or seed", "refuse", "Each difference is listed.", "Use the same, or start anew.", f"{_RESUME}::test_resuming_another_training_lists_each_difference", f"{_COMMANDS}::test_resuming_with_other_data_is_refused", code=2),
    _g("--resume without a checkpoint", "refuse", "Refused; no new training is begun.", "Leave --resume out.", f"{_COMMANDS}::test_resuming_without_a_checkpoint_is_a_usage_error", code=2),
    _g("stored features of an image that has changed", "same", "They are computed anew: the store goes by content.", "Nothing.", "tests/imaging/features/test_store.py::test_features_of_other_tiles_are_not_taken"),
    _g("no home folder, no folder for temporary files, no network", "same", "Nothing of them is needed.", "Nothing.", f"{_MACHINE}::test_home_threads_locale_and_network_are_of_no_account"),
    _g("an optional package that is missing", "refuse", "The package to install is named.", "Install it.", "tests/imaging/encoders/test_registry.py::test_without_timm_its_extra_is_named", "tests/spectra/readers/instruments/binary/test_opus.py::test_a_missing_library_is_named_with_its_installation", code=2),
    _g("an encoder's weights that torch saved (.pth, .pt, .bin)", "refuse", "They can run code, and are never loaded; the command that converts them is said.", "Convert them to .safetensors.", "tests/imaging/encoders/test_local_weights.py::test_a_checkpoint_of_torch_is_refused_with_how_to_convert_it", code=4),
    _g("other weights than a model was trained with", "refuse", "Both are named by architecture and digest.", "Give the weights it was trained with.", "tests/expression/test_predictor.py::test_a_model_trained_with_local_weights_takes_them_from_any_path_and_no_others", code=2),
    _g("the encoder slidl without its weights", "refuse", "The command that installs them is said.", "Install them.", "tests/imaging/encoders/test_networks.py::test_without_slidl_the_command_that_installs_it_is_said", code=5),
    _g("python -O", "same", "No check is an assertion.", "Nothing.", "tests/test_arrows.py::test_no_check_is_lost_under_python_o"),
    _g("a command that is suspended and resumed", "same", "The result is the same.", "Nothing.", f"{_MACHINE}::test_a_suspended_command_resumes_to_the_same_result"),
    _g("few open files allowed, hundreds of tiles", "same", "One is open at a time.", "Nothing.", f"{_MACHINE}::test_few_open_files_are_enough_for_many_tiles"),
    _g("a model saved over the file it was loaded from", "same", "Its weights are kept.", "Nothing.", "tests/models/test_file.py::test_saving_over_a_file_that_was_just_loaded_keeps_the_weights"),
]  # fmt: skip
LEAKS = [
    _h("a patient in two folds", "refuse", "It can't come about; a split that is impossible or was changed is refused.", "Use fewer folds.", f"{_SPLITS}::test_no_patient_stands_on_both_sides_with_2_to_500_patients_and_1000_seeds", f"{_SPLITS}::test_impossible_splits_are_refused_with_the_reason", f"{_HARNESS}::test_folds_with_a_patient_on_both_sides_are_refused"),
    _h("preprocessing that is fitted on test rows", "same", "Everything is fitted on training rows; changing a test row changes nothing else.", "Nothing.", "tests/spectra/preprocessing/test_pipeline.py::test_nothing_is_learnt_from_rows_outside_training", f"{_HARNESS}::test_changing_a_test_row_changes_no_other_prediction"),
    _h("labels without a meaning", "same", "Permuted labels give an AUC of one half.", "Nothing.", f"{_HARNESS}::test_permuted_labels_give_one_half_on_average"),
    _h("identical or changed copies under two patients", "warn", "The audit names the rows.", "Find out whose they are.", "tests/evaluation/audit/test_audit_copies.py::test_identical_spectra_of_two_patients_are_named_by_row", "tests/evaluation/audit/test_audit_copies.py::test_a_changed_copy_is_named_by_row"),
    _h("genes that are chosen on all sections", "same", "They are chosen in the fold.", "Nothing.", "tests/expression/test_genes.py::test_no_change_of_a_test_section_changes_the_panel", "tests/evaluation/profiles/test_profiles_harness.py::test_panel_depends_on_training_rows_only"),
    _h("sections of one patient in training and test", "same", "They stay together; leaving out sections must be asked for, and is stamped everywhere.", "Nothing.", "tests/evaluation/folds/test_leave_out_splits.py::test_patient_never_on_both_sides_and_every_row_tested_once", "tests/evaluation/report/test_profiles_json.py::test_left_out_sections_are_stamped_everywhere"),
    _h("augmentation before the split", "same", "Only training batches are augmented.", "Nothing.", f"{_LOOP}::test_augmentation_never_touches_validation_rows"),
    _h("a threshold that is chosen on test patients", "same", "Moving test patients moves no threshold.", "Nothing.", f"{_HARNESS}::test_moving_test_patients_moves_no_threshold_and_no_conformal_set"),
    _h("a model evaluated on its own training spectra", "warn", "Their number is said above the results.", "Give new spectra.", f"{_COMMANDS}::test_a_trained_model_predicts_and_knows_its_own_training_spectra"),
    _h("rows in another order", "same", "The folds and each spectrum's result are the same.", "Nothing.", f"{_SPLITS}::test_the_order_of_rows_changes_no_fold", "tests/spectra/estimators/test_classifier.py::test_a_spectrums_probability_does_not_depend_on_its_neighbours"),
    _h("a column of numbers that equals the label", "same", "Metadata never enter a spectrum; the audit reads them as columns.", "Nothing.", "tests/spectra/readers/test_faults_of_tables.py::test_metadata_keep_their_text_and_never_enter_the_spectrum", "tests/evaluation/audit/test_audit_columns.py::test_a_column_of_handling_that_is_the_class_stops"),
]  # fmt: skip
ROWS = [*MACHINE, *LEAKS]
