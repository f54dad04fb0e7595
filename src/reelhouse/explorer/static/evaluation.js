export const showModels = async () => ({ title: "Models", parts: [] });
export const showData = async () => ({ title: "Data", parts: [] });
