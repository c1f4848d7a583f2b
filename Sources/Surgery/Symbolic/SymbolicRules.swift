import Tensors

/// How each operator's results follow from its inputs whatever the open dimensions are.
///
/// A rule returns `nil` where nothing is known. Only operators are listed whose results it tells.
enum SymbolicRules {
  typealias Rule = @Sendable (SymbolicNode) -> [SymbolicTensor]?

  static let all: [String: Rule] = {
    var rules: [String: Rule] = [:]
    for name in [
      "Abs", "Ceil", "Clip", "Elu", "Erf", "Exp", "Floor", "HardSigmoid", "HardSwish", "LeakyRelu",
      "Log", "Neg", "Relu", "Round", "Sigmoid", "Softmax", "Softplus", "Sqrt", "Tanh",
    ] {
      rules[name] = { node in node.input(0).map { [SymbolicTensor($0.elementType, $0.shape)] } }
    }
    for (name, rule) in elementwise { rules[name] = rule }
    for (name, rule) in shapes { rules[name] = rule }
    for (name, rule) in movement { rules[name] = rule }
    for (name, rule) in windows { rules[name] = rule }
    return rules
  }()
}
