#@script(label="Build Training Dataset Advanced...", description="Cut the samples of all labelled movies of a folder into one file, from which a model is trained or refined.", headless=true)
#@ String (label="Folder of labelled movies", description="Folder of movies and label files: 'cell.tif' has its labels in 'cell_training_rois.zip' beside it or in its result folder.", style="directory", value="", persist=false) label_folder
#@ String (label="Data set", description="File (.h5) to write; empty takes 'training.h5' in the folder of labelled movies.", style="file", value="", persist=false) dataset_file
#@ String (label="Add from", description="Another data set (.h5) whose samples are taken too, such as one made earlier.", style="file", value="", persist=false) add_from
#@ Boolean (label="Replace existing", description="Replace the data set if it is there already; otherwise it is left as it is.", value=false, persist=false) replace_existing
#@ String (label="Class map", description="JSON file that tells which labels are which class, and the vision radius of each (that of the original program, or its list alone); empty takes every label as its own class.", style="file", value="", persist=false) class_map
#@ String (label="Folder of movies", description="Where the movies are, if they do not lie beside their labels; also in folders within.", style="directory", value="", persist=false) movie_folder
#@ Boolean (label="Subfolders", description="Also look in folders within the folder.", value=true, persist=false) recursive
#@ Integer (label="Vision radius (px)", description="Half the side of the square that is cut around an event, where the class map tells none; 0 chooses it from the pixel size, as detection does.", min=0, max=64, value=0, persist=false) vision_radius
#@ String (label="Centre on", description="'peak' moves every label to the intensity peak, as detection does with candidates; 'label' takes frames as they are; 'auto' moves all labels but those that IVEA itself placed.", choices={"auto", "peak", "label"}, value="auto", persist=false) centre_on
#@ String (label="ExoDeepFinder classes", description="Meaning of the classes in annotations of ExoDeepFinder: 'expert' has exocytosis as 1, 'merged' has it as 2 and resting spots as 1; 'auto' tells by the file.", choices={"auto", "expert", "merged"}, value="auto", persist=false) edf_classes
#@ String (label="Unlabelled", description="Class for ROIs that have none, such as -1; empty leaves them out.", value="", persist=false) unlabelled_class
#@ Integer (label="Frames before", description="Frames before the peak in a sample. (frames)", min=1, max=200, value=13, persist=false) frames_before
#@ Integer (label="Frames after", description="Frames after the peak in a sample. (frames)", min=1, max=400, value=14, persist=false) frames_after
#@ Integer (label="Patch size (px)", description="Side of a sample.", min=8, max=128, value=32, persist=false) patch_size
#@ Integer (label="Channel", description="Channel to analyse, counted from 1.", min=1, value=1, persist=false) channel
#@ String (label="Z is time", description="Whether a file with many Z slices and one frame is really a time lapse. 'auto' takes it as time and says so, unless the file states a Z step; 'no' refuses such a file.", choices={"auto", "yes", "no"}, value="auto", persist=false) z_is_time
#@ Integer (label="Reduce frames", description="Combine every k frames into one (k = 1 keeps all).", min=1, max=1000, value=1, persist=false) reduce_frames
#@ String (label="Reduce with", description="How frames are combined: their maximum or their mean.", choices={"max", "mean"}, value="max", persist=false) reduce_with
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Integer (label="Take every n-th frame", description="Of the frames from the first one on: 2 takes one kind of two alternating kinds of light, with the first frame 1 or 2. 1 takes all; 0 takes all too, but of light that alternates the brightest.", min=0, max=1000, value=0, persist=false) every_nth
#@ String (label="Bad frames", description="Frames of the file to leave out, like 7,120-131,900-end (flash, touched table). Dark and saturated frames are found by themselves.", value="", persist=false) bad_frames
#@ String (label="Scene", description="Name or number (from 1) of the movie in a file that holds several; empty takes the first time lapse.", value="", persist=false) scene
#@ String (label="Colour", description="Which colour of an RGB movie is analysed; 'none' refuses colour movies.", choices={"none", "red", "green", "blue"}, value="none", persist=false) colour

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("build_training_dataset", null, [label_folder: label_folder, dataset_file: dataset_file, add_from: add_from, replace_existing: replace_existing, class_map: class_map, movie_folder: movie_folder, recursive: recursive, vision_radius: vision_radius, centre_on: centre_on, edf_classes: edf_classes, unlabelled_class: unlabelled_class, frames_before: frames_before, frames_after: frames_after, patch_size: patch_size, channel: channel, z_is_time: z_is_time, reduce_frames: reduce_frames, reduce_with: reduce_with, pixel_size_um: pixel_size_um, every_nth: every_nth, bad_frames: bad_frames, scene: scene, colour: colour])
return null
