#@script(label="Train or Refine Model...", description="Adapt a model to events you labelled, or train a new one on them; detection can use it at once.", headless=true)
#@ String (label="Folder of labelled movies", description="Folder of movies and label files: 'cell.tif' has its labels in 'cell_training_rois.zip' beside it or in its result folder. Leave it empty to learn from a data set alone.", style="directory", value="", persist=false) label_folder
#@ String (label="Data set", description="Data set (.h5) to learn from, alone or beside the folder.", style="file", value="", persist=false) dataset_file
#@ Integer (label="Channel", description="Channel to analyse, counted from 1.", min=1, value=1, persist=false) channel
#@ Integer (label="First frame", description="First frame to analyse, counted from 1 as ImageJ shows it.", min=1, value=1, persist=false) first_frame
#@ Integer (label="Last frame", description="Last frame to analyse; 0 means the end of the movie.", min=0, value=0, persist=false) last_frame
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 takes it from the file.", min=0, max=86400, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ String (label="Name", description="Name of the new model, also of its folder; none that is taken.", value="my-model", persist=false) new_name
#@ String (label="Start from", description="'refine' adapts the model below, which some thirty labelled events are enough for; 'new' trains a network of the same build from nothing but your labels, which takes thousands of them.", choices={"refine", "new"}, value="refine", persist=false) start
#@ String (label="Model", description="Model that is refined, or whose build a new one takes; name or folder.", style="model:random", value="evit28", persist=false) model
#@ Boolean (label="All events are labelled", description="Say yes only if every event of the movies is labelled: then every other place where they change is taken as an example of what is no event, and the result is judged on whole movies.", value=false, persist=false) all_labelled
#@ String (label="Names of new classes", description="Names of classes the model does not have, such as '10=spark, -10=wave'; a class without one is called by its number. Numbers from 0 are events, negative ones are not.", value="", persist=false) class_names
#@ String (label="What learns", description="'head' lets the last two dense layers learn, in seconds and with little to forget; 'transformer' also what compares frames; 'all' every weight, which takes minutes and wants more labels.", choices={"head", "transformer", "all"}, value="head", persist=false) trainable
#@ Double (label="Threshold factor", description="Multiplies the detection thresholds (the paper's theta): below 1 finds weaker candidates, above 1 fewer.", min=0.1, max=20, stepSize=0.1, style="format:0.######", value=1.0, persist=false) threshold_factor

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("train_or_refine_model", null, [label_folder: label_folder, dataset_file: dataset_file, channel: channel, first_frame: first_frame, last_frame: last_frame, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, new_name: new_name, start: start, model: model, all_labelled: all_labelled, class_names: class_names, trainable: trainable, threshold_factor: threshold_factor])
return null
