import { describeVectors } from '../../../test/kit/vectors.ts'
import { renderTemplate } from './render-template.ts'

describeVectors('template.json', ({ template, vars }) => renderTemplate(template, vars))
