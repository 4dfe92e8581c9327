"""torch.utils.model_zoo: the old name of what torch.hub loads."""

from tinytorch.hub import load_state_dict_from_url as load_state_dict_from_url

load_url = load_state_dict_from_url
