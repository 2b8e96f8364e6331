"""What ReX is given in place of a picture: the tensor that smug-explain's model reads, from a .npy file."""
import numpy as np
import torch
from PIL import Image
from rex_xai.input.input_data import Data


def preprocess(path, shape, device):
    tensor = np.load(path)
    # Data wants a picture to know the mode and the sides by; its pixels are replaced.
    data = Data(Image.new("RGB", (tensor.shape[3], tensor.shape[2])), shape, device)
    data.data = torch.from_numpy(tensor)
    return data
